import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Inject } from '@nestjs/common';
import { Registry } from 'prom-client';
import { FileJournal } from '../../../src/file-journal/index.js';
import { SequencerEvent } from '../../../src/journal/index.js';
import { FileJournalPrometheusModule, PrometheusMetrics } from '../../../src/telemetry/prometheus/index.js';
import { type LagSource } from '../../../src/telemetry/index.js';
import { FileJournalModule, getJournalToken } from '../../../src/nest/index.js';
import { Sequencer } from '../../../src/sequencer/index.js';
import { Bank, deposit } from '../../sequencer/bank.js';
import { serve } from '../../nest/apps.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const REGISTRY = Symbol('registry');

@Controller()
class MetricsController {
  constructor(@Inject(REGISTRY) private readonly registry: Registry) {}

  @Get('metrics')
  metrics(): Promise<string> {
    return this.registry.metrics();
  }
}

/** Sample lines of the text format, by name and labels; labels in the order of their names. */
function parse(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match === null) continue;
    const labels = (match[2] ?? '').split(',').sort().join(',').replaceAll('"', '');
    samples.set(`${match[1]}{${labels}}`, Number(match[3]));
  }
  return samples;
}

function event(sequence: number, text = 'x'): SequencerEvent {
  return new SequencerEvent({
    sequenceNum: BigInt(sequence),
    timestampNs: 1n,
    command: { Note: text },
    result: null,
  });
}

describe('a scrape over HTTP', () => {
  it('counts the appended entries', async () => {
    const registry = new Registry();
    const { app, url } = await serve({
      imports: [
        FileJournalModule.forRoot({ directory: temporaryDirectory(), segmentSizeBytes: 4_096 }),
        FileJournalModule.forFeature([Bank]),
        FileJournalPrometheusModule.forRoot({ register: registry }),
      ],
      providers: [{ provide: REGISTRY, useValue: registry }],
      controllers: [MetricsController],
    });
    const sequencer = app.get<Sequencer<Bank>>(Sequencer);
    await Promise.all(Array.from({ length: 40 }, () => sequencer.submit(deposit('a', 1))));
    const journal = app.get<FileJournal>(getJournalToken());
    await expect(journal.append(event(7))).rejects.toMatchObject({ code: 'JOURNAL_SEQUENCE_CONFLICT' });
    await expect(journal.append(event(8))).rejects.toMatchObject({ code: 'JOURNAL_SEQUENCE_CONFLICT' });
    const { bytes, segments } = await journal.verifyIntegrity();
    const archived = await journal.archiveSegmentsBefore(40);

    const samples = parse(await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text());
    const of = (name: string, labels = 'journal:default'): number | undefined =>
      samples.get(`nestjs_file_journal_${name}{${labels.replaceAll(':', '=')}}`);
    expect({
      entries: of('stored_entries_total'),
      bytes: of('written_bytes_total'),
      rotations: of('rotations_total'),
      refusals: of('refused_appends_total', 'code:JOURNAL_SEQUENCE_CONFLICT,journal:default'),
      archivals: of('archivals_total'),
      appends: of('append_duration_seconds_count'),
      grouped: of('group_size_entries_sum'),
      groups: of('group_size_entries_count'),
      open: of('state', 'journal:default,state:open'),
      poisoned: of('state', 'journal:default,state:poisoned'),
      last: of('last_sequence'),
      durable: of('durable_sequence'),
      segments: of('segments'),
      archived: of('archived_segments'),
      queued: of('queued_commands'),
      inFlight: of('in_flight_commands'),
      skewed: of('clock_skewed'),
      replaying: of('replay_running'),
      remaining: of('replay_remaining_entries'),
    }).toEqual({
      entries: 40,
      bytes: Number(bytes),
      rotations: segments - 1,
      refusals: 2,
      archivals: archived,
      appends: 40,
      grouped: 40,
      groups: of('groups_total'),
      open: 1,
      poisoned: 0,
      last: 39,
      durable: 39,
      segments: segments - archived,
      archived,
      queued: 0,
      inFlight: 0,
      skewed: 0,
      replaying: 0,
      remaining: 0,
    });
    expect(segments).toBeGreaterThan(1);
    // One sync for each group. When a group begins a new segment, the sync of the old one may have nothing to
    // do.
    expect(of('sync_duration_seconds_count')).toBeGreaterThanOrEqual(of('groups_total') ?? Infinity);
    expect(of('append_duration_seconds_sum')).toBeGreaterThan(0);
    expect(of('disk_free_bytes')).toBeGreaterThan(0);
    expect(of('directory_size_bytes')).toBeGreaterThan(Number(bytes));

    await app.close();
    expect(await registry.metrics()).toBe('\n');
  });
});

describe('PrometheusMetrics without Nest', () => {
  it('label journals by name, cover only the given ones, and show their lag', async () => {
    await using orders = await FileJournal.open({ directory: temporaryDirectory() });
    await using audit = await FileJournal.open({ directory: temporaryDirectory() });
    await using stranger = await FileJournal.open({ directory: temporaryDirectory() });
    const lag: LagSource = { lag: () => [{ name: 'positions', lagEntries: 12n, isStopped: true }] };
    const register = new Registry();
    const metrics = await PrometheusMetrics.start(
      {
        observed: () => [
          { name: 'orders', journal: orders as never, lag },
          { name: 'audit', journal: audit as never },
        ],
      },
      { register },
    );
    await orders.append(event(0));
    await orders.appendBatch([event(1), event(2)]);
    await audit.append(event(0));
    await stranger.append(event(0));
    const samples = parse(await register.metrics());
    const entries = [...samples].filter(([name]) =>
      name.startsWith('nestjs_file_journal_stored_entries_total'),
    );
    expect(entries).toEqual([
      ['nestjs_file_journal_stored_entries_total{journal=orders}', 3],
      ['nestjs_file_journal_stored_entries_total{journal=audit}', 1],
    ]);
    const labels = 'journal=orders,projection=positions';
    expect(samples.get(`nestjs_file_journal_projection_lag_entries{${labels}}`)).toBe(12);
    expect(samples.get(`nestjs_file_journal_projection_stopped{${labels}}`)).toBe(1);

    await expect(PrometheusMetrics.start({ observed: () => [] }, { register })).rejects.toMatchObject({
      code: 'JOURNAL_INVALID_OPTION',
      option: 'register',
    });
    metrics.stop();
    await orders.append(event(3));
    expect(await register.metrics()).toBe('\n');
    const again = await PrometheusMetrics.start({ observed: () => [] }, { register });
    again.stop();
  });

  it.each<[object, string]>([
    [{ registry: new Registry() }, 'registry'],
    [{ register: {} }, 'register'],
    [{ durationBucketsSeconds: [1, 1] }, 'durationBucketsSeconds'],
    [{ durationBucketsSeconds: [] }, 'durationBucketsSeconds'],
  ])('refuse %j and name the option', (options, option) => {
    expect(() => FileJournalPrometheusModule.forRoot(options)).toThrow(
      expect.objectContaining({ code: 'JOURNAL_INVALID_OPTION', option }) as never,
    );
  });
});
