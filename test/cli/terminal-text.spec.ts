/** What others wrote into a journal cannot steer the terminal of the operator. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { SequencerEvent } from '../../src/journal/index.js';
import { terminalJson, terminalText } from '../../src/cli/terminal-text.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { runWith } from './support/run.js';

const ESC = '\u001b';
const CSI = '\u009b';
/** A title, cleared lines, an 8-bit control sequence, a line break, text in reverse order. */
const HOSTILE = `Add${ESC}]0;title\u0007${ESC}[2K${CSI}2J\nforged\u202eline`;

async function hostileJournal(): Promise<string> {
  const directory = join(temporaryDirectory(), `j${ESC}[2J`);
  mkdirSync(directory);
  await using journal = await FileJournal.open({ directory });
  const command = { [HOSTILE]: {} };
  await journal.append(new SequencerEvent({ sequenceNum: 0n, timestampNs: 1n, command, result: HOSTILE }));
  mkdirSync(join(directory, 'snapshots'));
  writeFileSync(join(directory, 'snapshots', 'snapshot-%1B%5B2J%0Ax-00000000000000000000.snap'), 'x');
  return directory;
}

/** Everything but the colours of the command itself. */
function withoutColors(text: string): string {
  return text.replaceAll(new RegExp(`${ESC}\\[(?:1|2|22|31|32|33|39)m`, 'g'), '');
}

describe.each([{ isTTY: true }, { isTTY: false }])('with %j', (settings) => {
  test.each(['stats', 'inspect', 'snapshots list', 'snapshots verify'])('%s', async (line) => {
    const directory = await hostileJournal();
    for (const flags of [[], ['--json']]) {
      const { stdout, stderr } = await runWith(settings, ...line.split(' '), directory, ...flags);
      expect(withoutColors(stdout + stderr)).not.toMatch(UNSAFE);
      expect(stdout).not.toMatch(/^forged/m);
      if (flags.length > 0) expect(() => JSON.parse(stdout) as unknown).not.toThrow();
    }
  });

  test('an error', async () => {
    const { stderr, exitCode } = await runWith(settings, 'inspect', join(temporaryDirectory(), `x${ESC}[2J`));
    expect(exitCode).toBe(3);
    expect(stderr).toContain('x\\u{1b}[2J');
    expect(stderr).not.toContain(ESC);
  });
});

/** Control characters except the line feed, which ends a line. */
const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

test('stats shows the names with their control characters', async () => {
  const { stdout } = await runWith({}, 'stats', await hostileJournal());
  expect(stdout).toContain('Add\\u{1b}]0;title\\u{7}\\u{1b}[2K\\u{9b}2J\\u{a}forged\\u{202e}line');
});

test('keeps its own colours, and no others', () => {
  expect(terminalText(`${ESC}[31mred${ESC}[39m ${ESC}[8mhidden`, true)).toBe(
    `${ESC}[31mred${ESC}[39m \\u{1b}[8mhidden`,
  );
  expect(terminalText(`${ESC}[31mred`, false)).toBe('\\u{1b}[31mred');
});

test.each([
  ['an escape', '"\u001b[2J"'],
  ['a reversed order', '"\u202etxt"'],
  ['an invisible character', '"a\u200bb"'],
  ['an invisible character beyond 16 bits', '"a\u{e0041}b"'],
])('text of JSON stays the same JSON without %s', (_what, text) => {
  const shown = terminalJson(text);
  expect(shown).toMatch(/^[ -~]+$/);
  expect(JSON.parse(shown)).toBe(text.slice(1, -1));
});
