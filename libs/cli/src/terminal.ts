/** Where a command writes: handed in, so that tests read what a person would see. */
export type Terminal = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly isTTY: boolean;
};

type Sink = Pick<NodeJS.WritableStream, 'write' | 'on'> & { readonly isTTY?: boolean };

/** The process's own streams. A reader that has seen enough (`| head`) is no failure. */
export function processTerminal({
  stdout,
  stderr,
}: { readonly stdout: Sink; readonly stderr: Sink } = process): Terminal {
  for (const sink of [stdout, stderr]) sink.on('error', unlessClosed);
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    isTTY: stderr.isTTY === true,
  };
}

/** The command goes on without its reader: an import is finished, and the exit code stays true. */
function unlessClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** A refusal that ends the command: a sentence for the person, 2 = could not run, 1 = differs. */
export class CliError extends Error {
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 2) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}
