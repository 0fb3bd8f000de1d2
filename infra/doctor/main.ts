/** `npm run doctor`: what is wrong here, and how to mend it. */

import { parseArgs } from 'node:util';
import { asProcess, type Terminal } from '@polytraders/cli';
import { type Finding } from './finding.ts';
import { examineMachine } from './machine.ts';
import { examineServers } from './servers.ts';

const help = `Looks at this machine and at the servers, and says what is wrong and how to mend it.

  npm run doctor [-- --json]

Exit codes: 0 all is well, 1 something is ill, 2 could not run.
`;

const marks = { well: 'ok  ', ill: 'ILL ', note: '-   ' } as const;

function lineOf(finding: Finding): string {
  const mend = finding.mend === undefined ? '' : `\n       to mend: ${finding.mend}`;
  return `${marks[finding.state]} ${finding.what}: ${finding.found}${mend}\n`;
}

async function main(terminal: Terminal): Promise<number> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    terminal.out(help);
    return 0;
  }
  const findings = [...(await examineMachine()), ...(await examineServers(process.env))];
  const ill = findings.filter((finding) => finding.state === 'ill').length;
  const verdict = ill === 0 ? 'All is well.' : `${ill} to mend.`;
  const text = `${findings.map(lineOf).join('')}\n${verdict}\n`;
  terminal.out(values.json ? `${JSON.stringify(findings, null, 2)}\n` : text);
  return ill === 0 ? 0 : 1;
}

await asProcess(main);
