/** The expressions of `--where`. */
import { describe, expect, test } from '@jest/globals';
import { FileJournal, SequencerEvent } from '../../src/index.js';
import { GOLDEN_VERSIONS, goldenCase } from '../support/golden.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { START_NS, journalOf, sequencesIn, type Content } from './support/contents.js';
import { run } from './support/run.js';

const U64 = 2n ** 64n - 1n;
const U128 = 2n ** 128n - 1n;

const CONTENTS: Content[] = [
  {
    command: { AddOrder: { id: 'a', quantity: 5, price: U128, fee: 1.5, tags: ['x', 1] } },
    result: { Added: null },
  },
  {
    command: { AddOrder: { id: 'b', quantity: 2n ** 53n + 1n, price: U128 - 1n, fee: 2, tags: [] } },
    result: { Rejected: { reason: 'full' } },
  },
  { command: { CancelOrder: 'a' }, result: null, commandId: 'id-2' },
  { command: 'CancelAll', result: { constructor: { __proto__: null }, price: U64 } },
];

async function chosenBy(expression: string): Promise<number[]> {
  const directory = await journalOf(CONTENTS);
  const { exitCode, stdout, stderr } = await run('cat', directory, '--where', expression);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return sequencesIn(stdout);
}

describe('--where', () => {
  test.each<[string, number[]]>([
    ['true', [0, 1, 2, 3]],
    ['kind == "AddOrder"', [0, 1]],
    ['kind in ["CancelAll", "CancelOrder"]', [2, 3]],
    ['sequence >= 2', [2, 3]],
    [`timestamp_ns == ${START_NS + 1_000_000_000n}`, [1]],
    [`timestamp_ns > ${START_NS}`, [1, 2, 3]],
    ['time >= timestamp("2026-03-01T09:30:02Z")', [2, 3]],
    ['command_id == "id-2"', [2]],
    ['command_id == null', [0, 1, 3]],
    ['metadata == null', [0, 1, 2, 3]],
    ['result == null', [2]],
    ['has(result.Rejected)', [1]],
    ['result.Rejected.reason.startsWith("fu")', [1]],
    ['event.command.AddOrder.id == "a"', [0]],
    ['command == "CancelAll"', [3]],
    ['command.AddOrder.tags.exists(tag, tag == "x")', [0]],
    ['command.AddOrder.tags[0] == "x"', [0]],
    ['size(command.AddOrder.tags) == 0', [1]],
    ['command.CancelOrder.matches("^[ab]$")', [2]],
    ['has(result.constructor)', [3]],
  ])('%s chooses %j', async (expression, expected) => expect(await chosenBy(expression)).toEqual(expected));

  test.each<[string, number[]]>([
    [`command.AddOrder.price == ${U128}`, [0]],
    [`command.AddOrder.price == ${U128 - 1n}`, [1]],
    [`command.AddOrder.price > ${U128 - 1n}`, [0]],
    [`command.AddOrder.price < ${U128}`, [1]],
    [`command.AddOrder.price != ${U128}`, [1]],
    [`command.AddOrder.price in [${U128}, 7]`, [0]],
    [`result.price == ${U64}`, [3]],
    [`result.price > ${U64 - 1n}`, [3]],
    [`command.AddOrder.quantity == ${2n ** 53n + 1n}`, [1]],
    [`command.AddOrder.quantity == ${2n ** 53n}`, []],
    [`command.AddOrder.quantity == ${2n ** 53n}.0`, []],
    ['command.AddOrder.quantity == 5.0', [0]],
    ['command.AddOrder.fee == 2', [1]],
    ['command.AddOrder.fee > 1', [0, 1]],
    ['command.AddOrder.fee < 1.6', [0]],
    ['command.AddOrder.quantity == 5u', [0]],
    ['command.AddOrder.quantity + 1 == 6', [0]],
    ['type(command.AddOrder.quantity) == int', [0, 1]],
    ['type(command.AddOrder.fee) == double', [0]],
  ])('compares integers exactly: %s chooses %j', async (expression, expected) =>
    expect(await chosenBy(expression)).toEqual(expected),
  );

  test('compares sequences up to 2^64 - 1 exactly', async () => {
    const directory = temporaryDirectory();
    const journal = await FileJournal.open({ directory, segmentSizeBytes: 4096 });
    for (const sequenceNum of [U64 - 1n, U64])
      await journal.append(new SequencerEvent({ sequenceNum, timestampNs: U64, command: 'a', result: null }));
    await journal.close();
    const { stdout } = await run('cat', directory, '--where', `sequence == ${U64} && timestamp_ns == ${U64}`);
    expect(stdout).toBe(`{"sequence_num":${U64},"timestamp_ns":${U64},"command":"a","result":null}\n`);
    expect((await run('cat', directory, '--where', `sequence > ${U64}`)).stdout).toBe('');
  });

  test.each(GOLDEN_VERSIONS)('finds the largest values of orderbook-rs %s', async (version) => {
    const { directory, entries } = goldenCase(version, 'all-variants');
    const expected = entries.filter(({ payload }) => payload?.includes(`"price":${U128}`) === true);
    expect(expected.length).toBeGreaterThan(0);
    const { stdout } = await run(
      'cat',
      directory,
      '--where',
      `event.command.AddOrder.exists(name, event.command.AddOrder[name].price == ${U128})`,
    );
    const added = expected.filter(({ payload }) => payload?.includes('"command":{"AddOrder":') === true);
    expect(stdout.split('\n').slice(0, -1)).toEqual(added.map(({ payload }) => payload));
  });

  test.each<[string, number[]]>([
    ['command.AddOrder.missing == 1', []],
    ['!(command.AddOrder.missing == 1)', []],
    ['command.AddOrder.missing == 1 || kind == "CancelAll"', [3]],
    ['has(command.AddOrder.missing)', []],
    ['!has(command.AddOrder.missing)', [0, 1]],
    ['command.?AddOrder.?quantity.orValue(0) == 5', [0]],
    ['command.?AddOrder.hasValue()', [0, 1]],
    ['command.AddOrder.tags[7] == 1', []],
  ])('an entry without the member does not match: %s chooses %j', async (expression, expected) =>
    expect(await chosenBy(expression)).toEqual(expected),
  );

  test('reports entries for which the expression has no value', async () => {
    const directory = await journalOf(CONTENTS);
    const { exitCode, stdout, stderr } = await run('cat', directory, '--where', 'command.AddOrder.id > 5');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toMatch(
      /^--where has no value for 2 entries, left out; the first is sequence 0: no such overload/,
    );
    const notBool = await run('cat', directory, '--where', 'command.AddOrder.id');
    expect(notBool.stderr).toContain('the value is not a bool');
  });

  test.each([
    ['kind == ', 9],
    ['kind ==\n  "a" &&& sequence', 17],
    ['knd == "a"', 1],
    ['sequence == "a"', 1],
    ['sequence', 1],
    ['kind == "a" && kind.matches("(")', 29],
    ['time > timestamp("2026-03-01")', 8],
    ['kind.nothing()', 1],
    [`${'('.repeat(200)}true${')'.repeat(200)}`, null],
    [Array.from({ length: 2_000 }, () => 'sequence == 1').join('||'), null],
  ])('%j is wrong use, with the position', async (expression, position) => {
    const directory = await journalOf(CONTENTS);
    const { exitCode, stdout, stderr } = await run('cat', directory, '--where', expression);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('--where cannot be used');
    if (position !== null && expression !== 'sequence') expect(stderr).toContain(`at character ${position} `);
  });

  test.each([
    'process',
    'constructor',
    'globalThis',
    'require("fs")',
    '__proto__',
    'kind.constructor',
    'event.payload',
  ])('an expression reaches nothing but the entry: %s', async (expression) => {
    const directory = await journalOf(CONTENTS);
    const { stdout, stderr } = await run('cat', directory, '--where', `${expression} != 0`);
    expect(stdout).toBe('');
    expect(stderr).not.toContain('    at ');
  });
});
