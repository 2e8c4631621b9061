import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { FileSnapshotStore } from '../../src/replay/index.js';
import { crc32 } from '../../src/common/index.js';
import { makeFifo } from '../support/fifo.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { damage, sequencesIn, snapshot, snapshotFiles } from './snapshots.js';

Logger.overrideLogger(false);

describe('FileSnapshotStore', () => {
  let directory: string;
  let store: FileSnapshotStore;

  beforeEach(() => {
    directory = join(temporaryDirectory(), 'deep', 'snapshots');
    store = new FileSnapshotStore({ directory });
  });

  it('loads the saved snapshots, newest first', async () => {
    await store.save('Bank', snapshot(5n, '{"a":1}'));
    await store.save('Bank', snapshot(18_446_744_073_709_551_615n, '{"a":2}'));
    const loaded = [];
    for await (const item of store.load('Bank')) loaded.push({ ...item, payload: String(item.payload) });
    expect(loaded).toEqual([
      { ...snapshot(18_446_744_073_709_551_615n), payload: '{"a":2}' },
      { ...snapshot(5n), payload: '{"a":1}' },
    ]);
    expect(await sequencesIn(new FileSnapshotStore({ directory }), 'Bank')).toHaveLength(2);
  });

  it('separates targets, whatever their names', async () => {
    for (const name of ['a', 'a-00000000000000000001', '../b', 'ä/ö']) await store.save(name, snapshot(1n));
    for (const name of ['a', 'a-00000000000000000001', '../b', 'ä/ö'])
      expect(await sequencesIn(store, name)).toEqual([1n]);
    expect(snapshotFiles(directory)).toHaveLength(4);
  });

  it('loads nothing from a missing directory, and does not create it', async () => {
    expect(await sequencesIn(store, 'Bank')).toEqual([]);
    expect(existsSync(directory)).toBe(false);
  });

  it('skips files that are damaged, cut, empty or no snapshots', async () => {
    store = new FileSnapshotStore({ directory, keep: 9 });
    for (const sequence of [1n, 2n, 3n, 4n, 5n]) await store.save('Bank', snapshot(sequence));
    const [, second = '', third = '', fourth = '', fifth = ''] = snapshotFiles(directory);
    damage(directory, fifth);
    truncateSync(join(directory, fourth), 30);
    truncateSync(join(directory, third), 0);
    writeFileSync(join(directory, second), 'x'.repeat(100));
    expect(await sequencesIn(store, 'Bank')).toEqual([1n]);
  });

  it('keeps the newest intact snapshots and deletes older ones', async () => {
    for (const sequence of [1n, 2n, 3n]) await store.save('Bank', snapshot(sequence));
    expect(await sequencesIn(store, 'Bank')).toEqual([3n, 2n]);
  });

  it('does not count damaged snapshots among those it keeps', async () => {
    await store.save('Bank', snapshot(1n));
    await store.save('Bank', snapshot(2n));
    damage(directory, snapshotFiles(directory)[1] ?? '');
    await store.save('Bank', snapshot(3n));
    expect(await sequencesIn(store, 'Bank')).toEqual([3n, 1n]);
  });

  it('never deletes the snapshot it just wrote in favour of higher sequences', async () => {
    await store.save('Bank', snapshot(100n));
    await store.save('Bank', snapshot(200n));
    await store.save('Bank', snapshot(5n));
    expect(await sequencesIn(store, 'Bank')).toEqual([200n, 100n, 5n]);
  });

  it('ignores leftovers of a crash, and removes them with the next snapshot', async () => {
    await store.save('Bank', snapshot(1n));
    writeFileSync(join(directory, 'snapshot-Bank-00000000000000000002.snap.tmp'), 'half');
    writeFileSync(join(directory, 'notes.txt'), 'mine');
    expect(await sequencesIn(store, 'Bank')).toEqual([1n]);
    await store.save('Bank', snapshot(3n));
    expect(readdirSync(directory).sort()).toEqual([
      'notes.txt',
      'snapshot-Bank-00000000000000000001.snap',
      'snapshot-Bank-00000000000000000003.snap',
    ]);
  });

  it('saves one snapshot after another', async () => {
    await Promise.all([3n, 1n, 2n].map((sequence) => store.save('Bank', snapshot(sequence))));
    expect(await sequencesIn(store, 'Bank')).toContain(3n);
  });

  it.each([
    [{}, 'snapshots.directory'],
    [{ directory: '' }, 'snapshots.directory'],
    [{ directory: 'x', access: 'all' }, 'snapshots.access'],
    [{ directory: 'x', keep: 0 }, 'snapshots.keep'],
    [{ directory: 'x', keep: 1.5 }, 'snapshots.keep'],
  ])('refuses %j', (options, option) => {
    expect(() => new FileSnapshotStore(options as never)).toThrow(expect.objectContaining({ option }));
  });
});

describe('files of a FileSnapshotStore', () => {
  it.each<[string, (path: string) => unknown]>([
    ['a FIFO', (path) => makeFifo(path)],
    ['a directory', (path) => mkdirSync(path)],
    ['a link', (path) => symlinkSync('/dev/zero', path)],
  ])(
    '%s named like a snapshot is passed over and left alone, with a warning that names it',
    async (_, make) => {
      const directory = temporaryDirectory();
      const warnings: unknown[] = [];
      const logged = jest.spyOn(Logger.prototype, 'warn').mockImplementation((line) => warnings.push(line));
      const store = new FileSnapshotStore({ directory, keep: 1 });
      await store.save('Bank', snapshot(1n));
      const names = ['snapshot-Bank-00000000000000000000.snap', 'snapshot-Bank-00000000000000000009.snap'];
      for (const name of [...names, 'snapshot-Bank-00000000000000000003.snap.tmp'])
        make(join(directory, name));
      expect(await sequencesIn(store, 'Bank')).toEqual([1n]);
      expect(warnings.join('\n')).toContain(join(directory, names[1] ?? ''));
      await store.save('Bank', snapshot(2n));
      expect(await sequencesIn(store, 'Bank')).toEqual([2n]);
      expect(readdirSync(directory)).toEqual(expect.arrayContaining(names));
      logged.mockRestore();
    },
  );

  it('in the format without a name are still read', async () => {
    const directory = temporaryDirectory();
    const store = new FileSnapshotStore({ directory });
    const payload = Buffer.from('{"a":1}');
    const file = Buffer.alloc(40 + payload.length);
    file.write('NFJSNAP\0', 'latin1');
    file.writeUInt32LE(1, 8);
    file.writeUInt32LE(3, 12);
    file.writeBigUInt64LE(5n, 16);
    file.writeUInt32LE(7, 24);
    file.writeBigUInt64LE(BigInt(payload.length), 28);
    file.set(payload, 36);
    file.writeUInt32LE(crc32(file.subarray(0, 36 + payload.length)), 36 + payload.length);
    writeFileSync(join(directory, 'snapshot-Bank-00000000000000000005.snap'), file);
    const loaded = [];
    for await (const one of store.load('Bank')) loaded.push({ ...one, payload: String(one.payload) });
    expect(loaded).toEqual([{ sequence: 5n, entryCrc: 7, stateVersion: 3, payload: '{"a":1}' }]);
  });

  it('with the snapshot of another target are skipped', async () => {
    const directory = temporaryDirectory();
    const store = new FileSnapshotStore({ directory });
    await store.save('Bank', snapshot(1n));
    copyFileSync(
      join(directory, 'snapshot-Bank-00000000000000000001.snap'),
      join(directory, 'snapshot-Ledger-00000000000000000001.snap'),
    );
    expect(await sequencesIn(store, 'Ledger')).toEqual([]);
    expect(await sequencesIn(store, 'Bank')).toEqual([1n]);
  });

  it('are deleted by the verdict of the caller: foreign ones stay and do not count', async () => {
    const directory = temporaryDirectory();
    const store = new FileSnapshotStore({ directory, keep: 9 });
    for (const sequence of [1n, 2n, 3n, 4n, 5n]) await store.save('Bank', snapshot(sequence));
    const verdicts = ['usable', 'foreign', 'outdated', 'usable', 'outdated'] as const;
    const judge = ({ sequence }: { sequence: bigint }) => verdicts[Number(sequence) - 1] ?? 'usable';
    await store.save('Bank', snapshot(6n), { keep: 2, judge });
    expect(await sequencesIn(store, 'Bank')).toEqual([6n, 5n, 4n, 2n]);
  });
});
