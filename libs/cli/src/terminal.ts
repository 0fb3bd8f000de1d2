import { createInterface } from 'node:readline/promises';

/** Where a command writes: handed in, so that tests read what a person would see. */
export type Terminal = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly isTTY: boolean;
  /** Asks the person a question; absent where nobody is there to answer. */
  readonly answer?: (question: string) => Promise<string>;
};

type Sink = NodeJS.WritableStream & { readonly isTTY?: boolean };

/**
 * The process's own streams. A reader that has seen enough (`| head`) is no failure; an answer that
 * cannot be written (a full disk) ends the process: could not run.
 */
export function processTerminal({
  stdout,
  stderr,
  stdin,
}: {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly stdin?: NodeJS.ReadStream;
} = process): Terminal {
  for (const sink of [stdout, stderr]) {
    sink.on('error', (error: NodeJS.ErrnoException) => {
      // The command goes on without its reader: an import is finished, the exit code stays true.
      if (error.code === 'EPIPE') return;
      if (sink === stdout) stderr.write(`Expected to write the answer; found ${error.message}.\n`);
      process.exit(2);
    });
  }
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    isTTY: stderr.isTTY === true,
    // The question is no part of the answer: it stands where errors do, also in a pipe.
    ...(stdin?.isTTY === true ? { answer: (asked) => answerOn(stdin, stderr, asked) } : {}),
  };
}

/** What is typed; nothing where the person ends the input. */
async function answerOn(input: NodeJS.ReadStream, output: Sink, question: string): Promise<string> {
  const lines = createInterface({ input, output });
  const ended = new AbortController();
  lines.once('close', () => ended.abort());
  try {
    return await lines.question(question, { signal: ended.signal });
  } catch {
    return '';
  } finally {
    lines.close();
  }
}

/** Ends the process with the command's exit code, or with 2 and the sentence that it threw. */
export async function asProcess(command: (terminal: Terminal) => Promise<number>): Promise<void> {
  const terminal = processTerminal();
  try {
    process.exitCode = await command(terminal);
  } catch (error) {
    terminal.err(`${reasonOf(error)}\n`);
    process.exitCode = 2;
  }
}

/** Node reports a refused connection to several addresses as an aggregate without a message. */
export function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(reasonOf).join('; ');
  return cause instanceof Error ? cause.message : String(cause);
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
