/**
 * Loaded into a service that the job starts: the service stops, as on SIGTERM, when the job is
 * gone. A job that was killed cannot stop it, and a service left alone would go on for ever with
 * the code of its day.
 */

process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
