/** Kernel errors that strace injects into a process that writes a journal with the built package. */
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { DrivenChild, type ChildError } from './support/driven-child.js';
import { expectRecovered } from './support/recovered.js';
import { describeWith } from '../../support/requirements.js';
import { until } from '../../support/until.js';
import { Strace, type TracedCall } from './support/strace.js';

const FIRST = 'segment-00000000000000000000.journal';
const PREPARED = 'next-segment.prepared';
const CHECKPOINT = 'journal.checkpoint';
const OPTIONS = { segmentSizeBytes: 4096 };
const SYNCS = ['fdatasync', 'fsync', 'msync', 'sync_file_range', 'syncfs'];
/** Two of these fill more than half of a segment, and the third does not fit. */
const LARGE = 1500;

async function started(options: object = {}): Promise<{ child: DrivenChild; directory: string }> {
  const directory = join(temporaryDirectory('injected-'), 'journal');
  const child = await DrivenChild.start();
  await child.run('open', { name: 'it', options: { directory, ...OPTIONS, ...options } });
  await child.run('append', { name: 'it', from: 0 });
  return { child, directory };
}

/** Appends large entries until one is rejected. */
async function appendUntilRejected(child: DrivenChild): Promise<ChildError> {
  const error = await child.failureOf('append', { name: 'it', from: 1, count: 20, padding: LARGE });
  return error;
}

function syncsAfterFailure(calls: readonly TracedCall[]): TracedCall[] {
  const failed = calls.findIndex((call) => call.injected);
  expect(failed).toBeGreaterThanOrEqual(0);
  return calls.slice(failed + 1).filter(({ name }) => SYNCS.includes(name));
}

describeWith({ root: true, tools: ['strace'] }, 'a kernel that fails', () => {
  it.each<[string, string, string, object]>([
    ['fdatasync of an append', 'fdatasync:error=EIO:when=1', FIRST, {}],
    ['fdatasync of a mapped append', 'fdatasync:error=EIO:when=1', FIRST, { writer: 'mapped' }],
    ['a write', 'pwrite64:error=EIO:when=1', FIRST, {}],
    ['the second half of a write (the length)', 'pwrite64:error=EIO:when=2', FIRST, {}],
    ['fdatasync of the first entries of a segment', 'fdatasync:error=EIO:when=2', PREPARED, {}],
    ['the write of the first entries of a segment', 'pwrite64:error=EIO:when=1', PREPARED, {}],
    ['the rename of a rotation', 'rename:error=EIO:when=1', PREPARED, {}],
    ['fsync of the directory in a rotation', 'fsync:error=EIO:when=1', '', {}],
    [
      'fdatasync of the old segment in a rotation',
      'fdatasync:error=EIO:when=1',
      FIRST,
      { durability: 'async', syncIntervalMs: 60_000 },
    ],
  ])(
    'at %s poisons the journal; no sync is retried, and acknowledged entries exist after a restart',
    async (_what, fault, file, options) => {
      const { child, directory } = await started(options);
      const strace = await Strace.attach(child, {
        trace: SYNCS,
        inject: [fault],
        paths: [join(directory, file)],
      });
      const error = await appendUntilRejected(child);
      expect(error).toMatchObject({ code: 'JOURNAL_POISONED', osCode: 'EIO', outcome: 'unknown' });
      const last = child.lastAcked('it');
      for (let again = 0; again < 3; again += 1) {
        expect(await child.failureOf('append', { name: 'it', from: last + 1 })).toMatchObject({
          code: 'JOURNAL_POISONED',
          outcome: 'not-written',
        });
      }
      expect(await child.failureOf('flush', { name: 'it' })).toMatchObject({ code: 'JOURNAL_POISONED' });
      expect(await child.run('state', { name: 'it' })).toMatchObject({
        state: 'poisoned',
        lastSequence: last,
      });
      await child.run('close', { name: 'it' });
      expect(syncsAfterFailure(await strace.detach())).toEqual([]);
      await child.kill();
      await expectRecovered(directory, { atLeast: last, atMost: last + 1 });
    },
  );

  it('at a background sync in async durability is reported to every caller; no sync is retried', async () => {
    const { child, directory } = await started({ durability: 'async', syncIntervalMs: 20 });
    await child.run('flush', { name: 'it' });
    const strace = await Strace.attach(child, {
      trace: SYNCS,
      inject: ['fdatasync:error=EIO:when=1'],
      paths: [join(directory, FIRST)],
    });
    await child.run('append', { name: 'it', from: 1 });
    await until(
      async () => (await child.run('state', { name: 'it' }))['state'] === 'poisoned',
      'the journal is poisoned',
    );
    expect(await child.failureOf('append', { name: 'it', from: 2 })).toMatchObject({
      code: 'JOURNAL_POISONED',
      osCode: 'EIO',
    });
    expect(await child.failureOf('flush', { name: 'it' })).toMatchObject({ code: 'JOURNAL_POISONED' });
    await child.run('close', { name: 'it' });
    expect(syncsAfterFailure(await strace.detach())).toEqual([]);
    await child.kill();
    await expectRecovered(directory, { atLeast: 0, atMost: 1 });
  });

  it('at the checkpoint poisons the journal, because a device that cannot store 56 bytes is failing', async () => {
    const { child, directory } = await started();
    const strace = await Strace.attach(child, {
      trace: SYNCS,
      inject: ['fdatasync:error=EIO:when=1'],
      paths: [join(directory, CHECKPOINT)],
    });
    await child.run('append', { name: 'it', from: 1 });
    await until(
      async () => (await child.run('state', { name: 'it' }))['state'] === 'poisoned',
      'the journal is poisoned',
    );
    await child.run('close', { name: 'it' });
    expect(syncsAfterFailure(await strace.detach())).toEqual([]);
    await child.kill();
    await expectRecovered(directory, { atLeast: 1, atMost: 1 });
  });

  it('at fsync of the directory while archiving poisons the journal, and keeps the remaining entries', async () => {
    const { child, directory } = await started();
    await child.run('append', { name: 'it', from: 1, count: 6, padding: LARGE });
    const strace = await Strace.attach(child, { trace: SYNCS, inject: ['fsync:error=EIO:when=1'] });
    expect(await child.failureOf('archive', { name: 'it', before: 4 })).toMatchObject({
      code: 'JOURNAL_POISONED',
      osCode: 'EIO',
    });
    expect(await child.failureOf('append', { name: 'it', from: 7 })).toMatchObject({
      code: 'JOURNAL_POISONED',
    });
    await child.run('close', { name: 'it' });
    expect(syncsAfterFailure(await strace.detach())).toEqual([]);
    await child.kill();
    await expectRecovered(directory, { atLeast: 6, atMost: 6, archived: true });
  });

  it('at the rename of a segment makes archiving fail, and the journal continues', async () => {
    const { child, directory } = await started();
    await child.run('append', { name: 'it', from: 1, count: 6, padding: LARGE });
    const strace = await Strace.attach(child, { trace: [], inject: ['rename:error=EIO:when=1'] });
    expect(await child.failureOf('archive', { name: 'it', before: 4 })).toMatchObject({
      code: 'JOURNAL_IO',
      osCode: 'EIO',
    });
    await strace.detach();
    await child.run('append', { name: 'it', from: 7 });
    expect(await child.run('archive', { name: 'it', before: 4 })).toMatchObject({ archived: 1 });
    await child.run('close', { name: 'it' });
    await expectRecovered(directory, { atLeast: 7, atMost: 7, archived: true });
  });
});
