import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { events } from '../support/events.js';
import { makeFifo } from '../support/fifo.js';
import { GOLDEN_VERSIONS, goldenCase, goldenCases } from '../support/golden.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { journalWith, SMALL } from './support/journals.js';
import { run } from './support/run.js';

describe('file-journal inspect', () => {
  test('shows segments, snapshots with their relation to the journal, and the lag of projections', async () => {
    const directory = await journalWith(200, {
      snapshots: { 'Order/Book': [50, 199] },
      projections: { balances: 149 },
    });
    const { exitCode, stdout } = await run('inspect', directory, '--json');
    const result = JSON.parse(stdout) as Record<string, unknown>;
    expect(exitCode).toBe(0);
    expect(result).toMatchObject({
      firstSequence: '0',
      lastSequence: '199',
      durableSequence: '199',
      snapshots: [
        { target: 'Order/Book', sequence: '50', stateVersion: 3, state: 'consistent' },
        { target: 'Order/Book', sequence: '199', stateVersion: 3, state: 'consistent' },
      ],
      projections: [{ projection: 'balances', position: '149', lag: '50', state: 'consistent' }],
      findings: [],
    });
    const text = (await run('inspect', directory)).stdout;
    expect(text).toContain('sequences  0 to 199');
    expect(text).toMatch(/^segment-0{20}\.journal\s+sealed\s+0\s+67\s+68 /m);
    expect(text).toMatch(/^Order\/Book\s+199\s+3 .* consistent$/m);
    expect(text).toMatch(/^balances\s+149\s+50 .* consistent$/m);
    expect(text).toMatch(/^nothing wrong$/m);
  });

  test('lists the newest segments, as many as asked for; --json has all of them', async () => {
    const directory = await journalWith(600);
    const { stdout } = await run('inspect', directory, '--segments', '2');
    expect(stdout.match(/^segment-\d+\.journal/gm)).toEqual([
      'segment-00000000000000000476.journal',
      'segment-00000000000000000544.journal',
    ]);
    expect(stdout).toContain('older segments are not listed; see --segments');
    expect((await run('inspect', directory, '--segments', '0')).stdout).not.toMatch(/^segment-/m);
    const json = JSON.parse((await run('inspect', directory, '--json')).stdout) as { segments: unknown[] };
    expect(json.segments.length).toBeGreaterThan(2);
  });

  test('calls snapshots and checkpoints of another history foreign, and damaged ones damaged', async () => {
    const directory = await journalWith(200, {
      snapshots: { Book: [150], Gone: [199] },
      projections: { balances: 199, orders: 150 },
    });
    for (const name of readdirSync(directory).filter((file) => /\.(?:journal|sparse|checkpoint)$/.test(file)))
      rmSync(join(directory, name));
    {
      // The same sequences with other content, and fewer of them.
      await using journal = await FileJournal.open({ directory, ...SMALL });
      await journal.appendBatch(events(0, 180, 101));
    }
    const [book] = readdirSync(join(directory, 'snapshots'));
    writeFileSync(join(directory, 'snapshots', (book as string).replace('Book', 'Torn')), 'NFJSNAP');
    makeFifo(join(directory, 'projections', 'projection-fifo.checkpoint'));
    const { exitCode, stdout } = await run('inspect', directory, '--json');
    expect(exitCode).toBe(1);
    const { snapshots, projections, findings } = JSON.parse(stdout) as Record<
      string,
      Record<string, unknown>[]
    >;
    expect(snapshots?.map(({ target, state }) => [target, state])).toEqual([
      ['Book', 'foreign'],
      ['Gone', 'foreign'],
      ['Torn', 'damaged'],
    ]);
    expect(projections?.map(({ projection, state, lag }) => [projection, state, lag])).toEqual([
      ['balances', 'foreign', null],
      ['fifo', 'damaged', null],
      ['orders', 'foreign', null],
    ]);
    expect(findings).toHaveLength(6);
    expect(findings?.every(({ severity, action }) => severity === 'damage' && action !== '')).toBe(true);
    const text = (await run('inspect', directory)).stdout;
    expect(text).toContain('the journal holds another entry at sequence 150');
    expect(text).toContain('it ends at sequence 179');
  });

  test('does not call a snapshot foreign whose entry is archived and gone', async () => {
    const directory = await journalWith(200, { snapshots: { Book: [10, 199] } });
    {
      await using journal = await FileJournal.open({ directory, ...SMALL });
      expect(await journal.archiveSegmentsBefore(100)).toBeGreaterThan(0);
    }
    const states = async (): Promise<unknown> => {
      const { stdout } = await run('snapshots', 'list', directory, '--json');
      return (JSON.parse(stdout) as { snapshots: { state: string }[] }).snapshots.map(({ state }) => state);
    };
    expect(await states()).toEqual(['consistent', 'consistent']);
    for (const name of readdirSync(directory).filter((file) => file.endsWith('.archived')))
      rmSync(join(directory, name));
    expect(await states()).toEqual(['uncompared', 'consistent']);
    expect((await run('inspect', directory)).exitCode).toBe(0);
  });

  test.each(
    GOLDEN_VERSIONS.flatMap((version) =>
      goldenCases(version).map((golden) => [golden.name, golden] as const),
    ),
  )('reads a journal of orderbook-rs (%s)', async (name, { directory }) => {
    const isDamaged = name === 'corrupt-middle' || name.startsWith('torn-');
    const { exitCode, stdout } = await run('inspect', directory);
    expect(exitCode).toBe(isDamaged ? 1 : 0);
    expect(stdout).toContain(isDamaged ? '\n  next: ' : 'nothing wrong');
    expect(stdout).toContain('another program has written this journal');
  });

  test('names the bytes that opening would cut', async () => {
    const { stdout } = await run('inspect', goldenCase('v0.12.1', 'torn-tail').directory);
    expect(stdout).toMatch(
      /^damage torn-tail in segment-0{20}\.journal at offset 3324: the last write is torn/m,
    );
    expect(stdout).toMatch(/^ {2}next: open the journal: it cuts 228 bytes/m);
  });

  test.each(['inspect', 'verify', 'stats', 'repair'])(
    '%s ends with exit code 3 for a directory without a journal',
    async (command) => {
      const options = command === 'repair' ? ['--dry-run'] : [];
      for (const directory of [temporaryDirectory(), join(temporaryDirectory(), 'missing')]) {
        const { exitCode, stdout, stderr } = await run(command, directory, ...options);
        expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
        expect(stderr).toContain(directory);
      }
    },
  );
});
