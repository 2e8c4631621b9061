/** A plan of a repair, the repair, and opening make the same decision; a repair keeps what it cuts. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  applyRepair,
  FileJournal,
  inspectJournal,
  planRepair,
  type RepairPlan,
} from '../../../src/file-journal/index.js';
import { goldenCase } from '../../support/golden.js';
import { FaultyFileSystem } from '../../support/faulty-file-system.js';
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
} from './damages.js';

const DAMAGES = TAIL_DAMAGES.map(([name], index) => ({ name, index }));

describe.each(DAMAGES)('after damage ($name)', ({ index }) => {
  it('the plan changes nothing', async () => {
    const { directory } = await damagedBy(index);
    const before = stateOf(directory);
    await planRepair({ directory }, () => undefined);
    await inspectJournal({ directory });
    expect(stateOf(directory)).toEqual(before);
  });

  it('the repair cuts what the plan shows, keeps it, and the journal opens', async () => {
    const { directory, segment, before } = await damagedBy(index);
    const plan = await planRepair({ directory });
    expect(plan).toMatchObject({ action: 'cut', isWriting: false });
    const { cut, lastSequence } = plan as RepairPlan & { cut: NonNullable<RepairPlan['cut']> };
    const { plan: applied, recovery } = await applyRepair({ directory });
    expect(applied).toEqual(plan);
    expect(recovery).toMatchObject({
      outcome: cut.isTornWrite ? 'torn-tail' : 'repaired',
      lastSequence,
      cut: { segment, offset: cut.offset, lengthBytes: cut.lengthBytes, reason: cut.reason },
    });
    const kept = recovery?.cut?.quarantineFile ?? null;
    expect(kept === null ? null : basename(kept)).toBe(cut.quarantineFile);
    const removed = before.subarray(cut.offset, cut.offset + cut.lengthBytes);
    expect(kept === null ? Buffer.alloc(0) : readFileSync(kept)).toEqual(removed);
    expect(readFileSync(join(directory, segment))).toEqual(
      Buffer.concat([before.subarray(0, cut.offset), Buffer.alloc(before.length - cut.offset)]),
    );
    expect(await planRepair({ directory }, () => undefined)).toMatchObject({
      action: 'none',
      otherFaults: [],
    });
    await using journal = await FileJournal.open({ directory, ...OPTIONS });
    expect(journal.recovery.outcome).toBe('clean');
    expect(journal.lastSequence).toBe(lastSequence);
  });

  it('opening cuts the same, or refuses what only a repair cuts', async () => {
    const { directory, segment } = await damagedBy(index);
    const { cut } = await planRepair({ directory });
    const inspection = await inspectJournal({ directory });
    const [finding] = inspection.findings.filter(({ severity }) => severity === 'damage');
    expect(finding).toMatchObject({ file: segment, offset: cut?.offset });
    const opening = FileJournal.open({ directory, ...OPTIONS });
    if (cut?.isTornWrite === true) {
      expect(finding?.code).toBe('torn-tail');
      await using journal = await opening;
      expect(journal.recovery).toMatchObject({
        outcome: 'torn-tail',
        lastSequence: inspection.lastSequence,
        cut: { offset: cut.offset, lengthBytes: cut.lengthBytes },
      });
      expect(finding?.action).toContain(`${cut.lengthBytes} bytes`);
      expect(finding?.action).toContain(basename(journal.recovery.cut?.quarantineFile ?? ''));
    } else {
      expect(finding?.code).toMatch(/^(?:corruption|checkpoint-ahead)$/);
      await expect(opening).rejects.toMatchObject({ segment, offset: cut?.offset });
    }
  });
});

describe('a repair', () => {
  it('counts and names the entries that can still be read after the damage', async () => {
    const directory = await closedJournal();
    const segment = newestSegment(directory);
    const offsets = offsetsIn(directory, segment);
    const first = Number(segment.slice(8, 28));
    const last = first + offsets.length - 2;
    change(directory, segment, (bytes) => bytes.fill(0, offsets[2], (offsets[2] as number) + 10));
    change(directory, segment, (bytes) => bytes.writeUInt8(0xff, (offsets[5] as number) + 30));
    const { cut, lastSequence } = await planRepair({ directory });
    expect(lastSequence).toBe(BigInt(first + 1));
    expect(cut).toMatchObject({
      isTornWrite: false,
      firstLostSequence: BigInt(first + 2),
      lastAcknowledgedSequence: BigInt(last),
      entriesAfter: {
        count: offsets.length - 1 - 2 - 2,
        firstSequence: BigInt(first + 3),
        lastSequence: BigInt(last),
        isComplete: true,
      },
    });
  });

  it('touches nothing if there is nothing to cut', async () => {
    const directory = await closedJournal();
    const before = stateOf(directory);
    expect(await applyRepair({ directory })).toMatchObject({ plan: { action: 'none' }, recovery: null });
    expect(stateOf(directory)).toEqual(before);
  });

  it('touches only the segment, the checkpoint and the quarantine file', async () => {
    const { directory, segment } = await damagedBy(5);
    writeFileSync(join(directory, 'notes.txt'), 'of the operator');
    const before = stateOf(directory);
    await applyRepair({ directory });
    const after = stateOf(directory);
    const changed = [...after]
      .filter(([path, state]) => before.get(path) !== state)
      .map(([path]) => basename(path));
    const isQuarantine = (name: string): boolean => name.startsWith('quarantine-');
    expect(changed.filter((name) => !isQuarantine(name)).sort()).toEqual(['journal.checkpoint', segment]);
    expect(changed.filter(isQuarantine)).toHaveLength(1);
    expect([...before.keys()].filter((path) => !after.has(path))).toEqual([]);
  });

  it('refuses while a writer holds the lock', async () => {
    const directory = await closedJournal();
    const segment = newestSegment(directory);
    const offset = offsetsIn(directory, segment)[1] as number;
    await using _writer = await FileJournal.open({ directory, ...OPTIONS });
    change(directory, segment, (bytes) => bytes.writeUInt8(0xff, offset + 30));
    const before = readFileSync(join(directory, segment));
    await expect(applyRepair({ directory })).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' });
    expect(readFileSync(join(directory, segment))).toEqual(before);
  });

  it('says that damage in an older segment cannot be cut, and leaves it', async () => {
    const directory = await closedJournal();
    const sealed = liveSegments(directory)[1] as string;
    change(directory, sealed, (bytes) => bytes.writeUInt8(0xff, 40));
    const before = stateOf(directory);
    const progress: number[] = [];
    const plan = await planRepair({ directory }, (doneBytes) => progress.push(doneBytes));
    expect(plan).toMatchObject({
      action: 'none',
      otherFaults: [{ kind: 'crc', segment: sealed, offset: 0 }],
    });
    expect(progress.length).toBeGreaterThan(0);
    expect(await applyRepair({ directory })).toMatchObject({ recovery: null });
    expect(stateOf(directory)).toEqual(before);
  });

  it('cannot bring back a missing newest segment', async () => {
    const directory = await closedJournal();
    rmSync(join(directory, newestSegment(directory)));
    const before = stateOf(directory);
    expect(await applyRepair({ directory })).toMatchObject({
      plan: { action: 'impossible', reason: expect.stringContaining('is missing') },
      recovery: null,
    });
    expect(stateOf(directory)).toEqual(before);
  });

  it('does not cut a segment whose first entry contradicts its name', async () => {
    const directory = await closedJournal();
    const [first, ...others] = liveSegments(directory) as [string, ...string[]];
    change(directory, others.at(-1) as string, (bytes) => readFileSync(join(directory, first)).copy(bytes));
    expect(await planRepair({ directory })).toMatchObject({ action: 'impossible', cut: null });
  });

  it('cuts nothing if the quarantine file does not fit on the disk', async () => {
    const { directory, segment, before } = await damagedBy(5);
    const disk = new FaultyFileSystem();
    disk.fail('write', 'ENOSPC', { path: /quarantine-/ });
    await expect(applyRepair({ directory, fileSystem: disk.wrap })).rejects.toMatchObject({
      code: 'JOURNAL_IO',
      osCode: 'ENOSPC',
      message: expect.stringContaining('free that much space'),
    });
    expect(readFileSync(join(directory, segment))).toEqual(before);
    expect(readdirSync(directory).filter((name) => name.startsWith('quarantine-'))).toEqual([]);
    await applyRepair({ directory });
    expect(await planRepair({ directory })).toMatchObject({ action: 'none' });
  });

  it.each(['torn-tail', 'torn-length'])(
    'cuts what orderbook-rs left after a power cut (%s)',
    async (name) => {
      for (const version of ['v0.7.0', 'v0.12.1'] as const) {
        const golden = goldenCase(version, name);
        const directory = golden.copy();
        const { cut, lastSequence } = await planRepair({ directory });
        expect(cut).toMatchObject({ isTornWrite: true, entriesAfter: { count: 0 } });
        expect(lastSequence).toBe((await applyRepair({ directory })).recovery?.lastSequence);
        await using journal = await FileJournal.openReadOnly({ directory });
        expect(await journal.verifyIntegrity()).toMatchObject({ ok: true });
      }
    },
  );
});
