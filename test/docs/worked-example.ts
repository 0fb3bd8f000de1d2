/**
 * The worked examples of docs/accounting, in three forms that an accountant can read and this can
 * run. Whatever it does not understand is an error: a number that nobody checks may be wrong.
 *
 *   ```numbers      each line is `words and values = answer`; see numbers.ts for the words
 *   ```ledger       #given fills, #apply fills, #emitted what each did, #after how the books stand;
 *                   see ledger-text.ts
 *   ```movements    the same sections, with movements and resolutions, in the words of the goldens
 *                   of pnl-projector; see movements-text.ts. `;` begins a remark
 *
 * `--` begins a remark that runs to the end of the line.
 */

import { runLedger } from './ledger-text.ts';
import { runMovements } from './movements-text.ts';
import { answerOf } from './numbers.ts';
import { type Block, blocksOf, type Page } from './pages.ts';

/** What a page says and what the code says, side by side; equal where the page is right. */
export type Checked = { readonly at: string; readonly said: string; readonly found: string };

export const executed: readonly string[] = ['numbers', 'ledger', 'movements'];

/** Runs every example of a page. Blocks in other languages are left alone. */
export function examplesOf(page: Page): readonly Checked[] {
  return blocksOf(page).flatMap((block) => {
    if (block.language === 'numbers') return numbersOf(page, block);
    if (block.language === 'movements') return movementsOf(page, block);
    return block.language === 'ledger' ? ledgerOf(page, block) : [];
  });
}

function numbersOf(page: Page, block: Block): readonly Checked[] {
  return linesOf(block).map(({ line, text }) => {
    const at = `${page.path}:${String(line)}`;
    const cut = text.lastIndexOf(' = ');
    if (cut < 0) return { at, said: text, found: 'a line without " = "' };
    const question = text.slice(0, cut).trim().replaceAll(/\s+/g, ' ');
    const said = text.slice(cut + 3).trim();
    return { at, said: `${question} = ${said}`, found: `${question} = ${answerOf(question)}` };
  });
}

function ledgerOf(page: Page, block: Block): readonly Checked[] {
  const at = `${page.path}:${String(block.startsAt)}`;
  const lines = linesOf(block).map(({ text }) => text.trim().replaceAll(/\s+/g, ' '));
  return runLedger(lines).map(({ said, found }) => ({ at, said, found }));
}

function movementsOf(page: Page, block: Block): readonly Checked[] {
  const at = `${page.path}:${String(block.startsAt)}`;
  return runMovements(block.lines).map(({ said, found }) => ({ at, said, found }));
}

function linesOf(block: Block): readonly { readonly line: number; readonly text: string }[] {
  return block.lines
    .map((text, index) => ({ line: block.startsAt + index, text: text.split(' --')[0] ?? '' }))
    .filter(({ text }) => text.trim() !== '' && !text.startsWith('--'));
}
