import { describe, expect, it } from '@jest/globals';
import {
  JournalHealthIndicator,
  journalHealth,
  type JournalHealthOptions,
} from '../../../src/telemetry/health/index.js';
import { InMemoryJournal } from '../../../src/in-memory-journal/index.js';
import { IoError, type Journal } from '../../../src/journal/index.js';
import type {
  CommandStatus,
  LagReading,
  ObservedJournal,
  StorageUsage,
} from '../../../src/telemetry/index.js';

const MIB = 1024 * 1024;

const STORAGE: StorageUsage = {
  directory: '/journal',
  segmentSizeBytes: 256 * MIB,
  segments: 3,
  archivedSegments: 0,
  sizeBytes: 768 * MIB,
  freeBytes: 10_000 * MIB,
  totalBytes: 100_000 * MIB,
};

const COMMANDS: CommandStatus = { state: 'open', queued: 0, inFlight: 0, isClockSkewed: false };

interface Situation {
  readonly journal?: Journal;
  readonly storage?: Partial<StorageUsage>;
  readonly commands?: Partial<CommandStatus>;
  readonly lag?: readonly LagReading[];
  readonly replaying?: boolean;
}

async function observed(situation: Situation): Promise<ObservedJournal> {
  const journal = situation.journal ?? (await InMemoryJournal.open());
  const usage = { ...STORAGE, ...situation.storage };
  return {
    name: 'default',
    journal: situation.storage === undefined ? journal : Object.assign(journal, { usage: async () => usage }),
    commands: { ...COMMANDS, ...situation.commands },
    lag: { lag: () => situation.lag ?? [] },
    replay: () => ({
      phase: situation.replaying === true ? 'running' : 'done',
      targets: ['Bank'],
      replayed: 5,
      total: 10n,
      sequence: 4n,
      ratePerSecond: 1,
      etaMs: 5_000,
      elapsedMs: 5_000,
    }),
  };
}

async function healthOf(
  situation: Situation,
  options?: JournalHealthOptions,
): Promise<[string, ...string[]]> {
  const { status, reasons } = await journalHealth(await observed(situation), options);
  return [status, ...reasons.map(({ code }) => code)];
}

describe('a journal', () => {
  it('is up without a problem, with and without the parts around it', async () => {
    expect(await healthOf({ storage: {} })).toEqual(['up']);
    expect(await journalHealth(await InMemoryJournal.open())).toMatchObject({ status: 'up', reasons: [] });
  });

  it('is down when it is poisoned or closed, and shows no paths', async () => {
    const poisoned = await InMemoryJournal.open();
    poisoned.poison(new IoError('fdatasync', '/secret/segment', 'EIO'));
    const { status, reasons } = await journalHealth(poisoned);
    expect({ status, reasons }).toEqual({
      status: 'down',
      reasons: [
        {
          code: 'poisoned',
          severity: 'down',
          message: 'the journal failed (fdatasync: EIO); restart the application',
        },
      ],
    });
    const closed = await InMemoryJournal.open();
    await closed.close();
    expect(await healthOf({ journal: closed })).toEqual(['down', 'closed']);
  });

  it.each<[string, Situation, JournalHealthOptions | undefined, string[]]>([
    ['room for one segment', { storage: { freeBytes: 256 * MIB } }, undefined, ['degraded', 'disk-low']],
    ['no room for a segment', { storage: { freeBytes: 256 * MIB - 1 } }, undefined, ['down', 'disk-full']],
    ['room for four segments', { storage: { freeBytes: 1_024 * MIB } }, undefined, ['up']],
    [
      'less than minFreeBytes',
      { storage: { freeBytes: 5_000 * MIB } },
      { minFreeBytes: 5_001 * MIB },
      ['down', 'disk-full'],
    ],
    ['less than minFreeFraction', { storage: {} }, { minFreeFraction: 0.2 }, ['down', 'disk-full']],
    ['less than lowFreeBytes', { storage: {} }, { lowFreeBytes: 20_000 * MIB }, ['degraded', 'disk-low']],
    ['a skewed clock', { commands: { isClockSkewed: true } }, undefined, ['degraded', 'clock-skewed']],
    ['a stopped Sequencer', { commands: { state: 'stopped' } }, undefined, ['down', 'stopped']],
    ['a rebuild', { commands: { state: 'recovering' } }, undefined, ['degraded', 'replaying']],
    ['a replay', { replaying: true }, undefined, ['degraded', 'replaying']],
  ])('with %s has the right status', async (_what, situation, options, expected) => {
    expect(await healthOf(situation, options)).toEqual(expected);
  });

  it('is degraded if projections lag or have stopped, and names each of them', async () => {
    const lag = (lagEntries: bigint, isStopped = false): LagReading[] => [
      { name: 'orders', lagEntries, isStopped },
    ];
    expect(await healthOf({ lag: lag(10_000n) })).toEqual(['up']);
    expect(await healthOf({ lag: lag(10_001n) })).toEqual(['degraded', 'lagging']);
    expect(await healthOf({ lag: lag(6n) }, { maxLagEntries: 5 })).toEqual(['degraded', 'lagging']);
    expect(await healthOf({ lag: lag(0n, true) })).toEqual(['degraded', 'projection-stopped']);
    const { reasons } = await journalHealth(await observed({ lag: lag(10_001n) }));
    expect(reasons[0]?.message).toBe('orders is 10001 entries behind');
  });

  it('follows the severities in the options', async () => {
    const skewed = { commands: { isClockSkewed: true } };
    expect(await healthOf(skewed, { severity: { 'clock-skewed': 'down' } })).toEqual([
      'down',
      'clock-skewed',
    ]);
    expect(await healthOf(skewed, { severity: { 'clock-skewed': 'ignore' } })).toEqual(['up']);
  });
});

it('applies the limits and severities of the module where those of a check are undefined', async () => {
  const session = { up: () => ({ key: { status: 'up' } }), down: () => ({ key: { status: 'down' } }) };
  const journal = await observed({ lag: [{ name: 'orders', lagEntries: 6n, isStopped: false }] });
  const module = { maxLagEntries: 5, severity: { lagging: 'down' } } as const;
  const indicator = new JournalHealthIndicator({ observed: () => [journal] }, () => session as never, module);
  const omitted = { maxLagEntries: undefined, severity: { lagging: undefined } };
  expect(await indicator.isHealthy('key', omitted)).toEqual({ key: { status: 'down' } });
  expect(await indicator.isHealthy('key', { maxLagEntries: 6 })).toEqual({ key: { status: 'up' } });
});

it('counts only what a restart fixes for liveness', async () => {
  const session = { up: () => ({ key: { status: 'up' } }), down: () => ({ key: { status: 'down' } }) };
  const aliveIn = async (situation: Situation): Promise<unknown> => {
    const journal = await observed(situation);
    const indicator = new JournalHealthIndicator({ observed: () => [journal] }, () => session as never);
    return (await indicator.isAlive('key'))['key']?.status;
  };
  expect(await aliveIn({ storage: { freeBytes: 0 } })).toBe('up');
  expect(await aliveIn({ commands: { state: 'recovering', isClockSkewed: true }, replaying: true })).toBe(
    'up',
  );
  expect(await aliveIn({ lag: [{ name: 'orders', lagEntries: 1_000_000n, isStopped: true }] })).toBe('up');
  expect(await aliveIn({ commands: { state: 'stopped' } })).toBe('down');
  const closed = await InMemoryJournal.open();
  await closed.close();
  expect(await aliveIn({ journal: closed })).toBe('down');
});

it.each<[JournalHealthOptions | object, string, string]>([
  [{ minFreeByte: 1 }, 'minFreeByte', 'did you mean "minFreeBytes"?'],
  [{ minFreeBytes: -1 }, 'minFreeBytes', 'integer'],
  [{ minFreeFraction: 2 }, 'minFreeFraction', '0 … 1'],
  [{ maxLagEntries: '7' }, 'maxLagEntries', 'integer'],
  [{ severity: { laging: 'down' } }, 'severity.laging', 'did you mean "severity.lagging"?'],
  [{ severity: { lagging: 'bad' } }, 'severity.lagging', "'ignore'"],
])('refuses %j and names the option', async (options, option, hint) => {
  const checking = journalHealth(await InMemoryJournal.open(), options as JournalHealthOptions);
  await expect(checking).rejects.toMatchObject({
    code: 'JOURNAL_INVALID_OPTION',
    option,
    message: expect.stringContaining(hint),
  });
});
