import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { goldenCase } from '../support/golden.js';
import {
  change,
  closedJournal,
  damagedBy,
  liveSegments,
  newestSegment,
  offsetsIn,
  OPTIONS,
  stateOf,
  TAIL_DAMAGES,
} from '../file-journal/inspect/damages.js';
import { run } from './support/run.js';

const ACKNOWLEDGED = TAIL_DAMAGES.findIndex(([name]) => name.startsWith('a flipped bit in an acknowledged'));

describe('file-journal repair', () => {
  test('--dry-run shows what would be cut and lost, and --apply cuts it', async () => {
    const { directory, segment, before } = await damagedBy(ACKNOWLEDGED);
    const offset = offsetsIn(directory, segment)[2] as number;
    const state = stateOf(directory);
    const dry = await run('repair', directory, '--dry-run');
    expect(stateOf(directory)).toEqual(state);
    expect(dry.exitCode).toBe(1);
    const first = Number(segment.slice(8, 28));
    const bytes = Number(/(\d+) bytes would be cut/.exec(dry.stdout.replaceAll(',', ''))?.[1]);
    expect(dry.stdout).toContain(`${segment} at offset ${offset}`);
    expect(dry.stdout).toContain('corruption: opening refuses it, and only a repair cuts it');
    expect(dry.stdout).toContain(`ends at   sequence ${first + 1}`);
    expect(dry.stdout).toContain(`from sequence ${first + 2}; up to 199 they were acknowledged`);
    expect(dry.stdout).toContain(`${199 - first - 2} entries, ${first + 3} to 199, can still be read`);
    const name = /quarantine-\S+/.exec(dry.stdout)?.[0] as string;

    const { exitCode, stdout } = await run('repair', directory, '--apply', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      action: 'cut',
      applied: { outcome: 'repaired', lastSequence: String(first + 1), cut: { offset, lengthBytes: bytes } },
    });
    expect(readFileSync(join(directory, name))).toEqual(before.subarray(offset, offset + bytes));
    expect(await run('repair', directory, '--dry-run')).toMatchObject({
      exitCode: 0,
      stdout: 'nothing to repair: every entry is intact\n',
    });
    expect((await run('verify', directory)).exitCode).toBe(0);
    expect((await run('inspect', directory)).stdout).toMatch(/^note quarantine in quarantine-/m);
  });

  test('says in words what --apply has cut', async () => {
    const golden = goldenCase('v0.7.0', 'torn-tail').copy();
    const { exitCode, stdout } = await run('repair', golden, '--apply');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/ bytes were cut\n/);
    // orderbook-rs leaves no checkpoint, which would show it.
    expect(stdout).toContain('a torn write, or damage in the last entry: without a checkpoint');
    expect(stdout).not.toContain('acknowledged');
    expect(stdout).toContain('the journal can be opened (torn-tail)');
  });

  test('says of a torn write of this engine that it was never acknowledged', async () => {
    const directory = await closedJournal();
    const segment = newestSegment(directory);
    change(directory, segment, (bytes) => bytes.writeUInt8(0xff, bytes.length - 100));
    const { stdout } = await run('repair', directory, '--dry-run');
    expect(stdout).toContain('a torn write: it was never acknowledged, and opening cuts it, too');
    expect((await run('inspect', directory)).stdout).toContain('which were never acknowledged, and keeps');
  });

  test('refuses while a writer holds the lock, and names it', async () => {
    const directory = await closedJournal();
    await using _writer = await FileJournal.open({ directory, ...OPTIONS });
    const segment = newestSegment(directory);
    const offset = offsetsIn(directory, segment)[1] as number;
    change(directory, segment, (bytes) => bytes.writeUInt8(0xff, offset + 30));
    const before = readFileSync(join(directory, segment));
    const { exitCode, stdout, stderr } = await run('repair', directory, '--apply');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('JOURNAL_LOCKED');
    if (process.platform === 'linux') expect(stderr).toContain(`process ${process.pid}`);
    expect(readFileSync(join(directory, segment))).toEqual(before);
    if (process.platform === 'linux')
      expect((await run('repair', directory, '--dry-run')).stdout).toContain('stop it before a repair');
  });

  test.each(['--dry-run', '--apply'])(
    '%s says what to do about damage in an older segment',
    async (option) => {
      const directory = await closedJournal();
      const sealed = liveSegments(directory)[1] as string;
      change(directory, sealed, (bytes) => bytes.writeUInt8(0xff, 40));
      const before = stateOf(directory);
      const { exitCode, stdout } = await run('repair', directory, option);
      expect(exitCode).toBe(1);
      expect(stdout).toContain('an older segment cannot be repaired by cutting');
      expect(stdout).toMatch(new RegExp(`^crc\\s+${sealed}\\s+0 `, 'm'));
      expect(stdout).toContain('next: restore these segments from a backup');
      expect(stateOf(directory)).toEqual(before);
    },
  );

  test.each([[[]], [['--dry-run', '--apply']]])('needs one of its two options (%j)', async (options) => {
    const { directory } = await damagedBy(0);
    const { exitCode, stderr } = await run('repair', directory, ...options);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('choose --dry-run');
    expect(readdirSync(directory).filter((name) => name.startsWith('quarantine-'))).toEqual([]);
  });
});
