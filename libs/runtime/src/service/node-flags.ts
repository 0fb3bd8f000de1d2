/**
 * Node's flags for a service process. Left alone, the young generation grows to 128 MB in a rebuild
 * and is not faster for it; at half of that a worker is 60 MB smaller.
 */
export const nodeFlags: readonly string[] = ['--max-semi-space-size=32'];
