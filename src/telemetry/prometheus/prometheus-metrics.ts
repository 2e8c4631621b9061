import type { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { InvalidOptionError } from '../../journal/index.js';
import { loadOptionalPeer } from '../../common/index.js';
import { readStatus, type JournalStatus, type ObservedJournals } from '../index.js';
import { recordJournals, type CounterName, type HistogramName, type Recorder } from '../metrics/index.js';
import { COUNTERS, GAUGES, HISTOGRAMS, type Attributes, type GaugeMeasure } from '../metrics/index.js';
import { counterName, prometheusName } from './prometheus-names.js';
import { validatePrometheusOptions, type PrometheusOptions } from './prometheus-options.js';

type PromClient = typeof import('prom-client');

/**
 * The metrics of journals in a registry of prom-client, labelled with `journal`, the name. Counters and
 * histograms begin at zero with `start`; gauges are read at each scrape.
 * @publicApi
 */
export class PrometheusMetrics implements Recorder {
  private readonly counters = new Map<CounterName, Counter>();
  private readonly histograms = new Map<HistogramName, Histogram>();
  private readonly names: string[] = [];
  /** The status of all journals, read once for all gauges of a scrape. */
  private scrape: Promise<readonly JournalStatus[]> | null = null;
  private stopRecording: () => void = () => undefined;

  private constructor(
    private readonly client: PromClient,
    private readonly register: Registry,
    private readonly journals: ObservedJournals,
  ) {}

  /**
   * Registers the metrics and starts recording.
   * @throws (rejects) MissingPeerError (`JOURNAL_MISSING_PEER`) without prom-client
   * @throws (rejects) InvalidOptionError (`JOURNAL_INVALID_OPTION`), also if the registry already has these
   * metrics: each application in a process needs its own registry
   */
  static async start(
    journals: ObservedJournals,
    options: PrometheusOptions = {},
  ): Promise<PrometheusMetrics> {
    validatePrometheusOptions(options);
    const client = await loadOptionalPeer(
      'prom-client',
      'nestjs-file-journal/prometheus',
      () => import('prom-client'),
    );
    const register = options.register ?? client.register;
    const metrics = new PrometheusMetrics(client, register, journals);
    metrics.assertFree();
    metrics.create(options);
    metrics.stopRecording = recordJournals(journals, metrics);
    journals.onClosed?.(() => metrics.stop());
    return metrics;
  }

  /** Removes the metrics from the registry. Idempotent. */
  stop(): void {
    this.stopRecording();
    for (const name of this.names.splice(0)) this.register.removeSingleMetric(name);
  }

  /** Adds to a counter of a journal. */
  add(counter: CounterName, journal: string, value: number, attributes: Attributes = {}): void {
    this.counters.get(counter)?.inc({ journal, ...attributes }, value);
  }

  /** Records one value in a histogram of a journal. */
  record(histogram: HistogramName, journal: string, value: number): void {
    this.histograms.get(histogram)?.observe({ journal }, value);
  }

  private assertFree(): void {
    const taken = prometheusName(GAUGES[0] as GaugeMeasure);
    if (this.register.getSingleMetric(taken) === undefined) return;
    throw new InvalidOptionError(
      'register',
      this.register,
      `a registry without ${taken}: give each application its own`,
    );
  }

  private create({ durationBucketsSeconds }: PrometheusOptions): void {
    const { Counter, Gauge, Histogram } = this.client;
    const registers = [this.register];
    for (const [key, measure] of Object.entries(COUNTERS)) {
      const labelNames = ['journal', ...(key === 'refusals' ? ['code'] : [])];
      const name = this.noted(counterName(measure));
      this.counters.set(key as CounterName, new Counter({ name, help: measure.help, labelNames, registers }));
    }
    for (const [key, measure] of Object.entries(HISTOGRAMS)) {
      const own = measure.unit === 'seconds' ? durationBucketsSeconds : undefined;
      const name = this.noted(prometheusName(measure));
      const buckets = [...(own ?? measure.buckets)];
      const config = { name, help: measure.help, labelNames: ['journal'], buckets, registers };
      this.histograms.set(key as HistogramName, new Histogram(config));
    }
    for (const measure of GAUGES) {
      const gauge: Gauge = new Gauge({
        name: this.noted(prometheusName(measure)),
        help: measure.help,
        labelNames: ['journal', 'state', 'projection'],
        registers,
        collect: async () => this.collect(gauge, measure),
      });
    }
  }

  private async collect(gauge: Gauge, measure: GaugeMeasure): Promise<void> {
    const all = await this.statuses();
    gauge.reset();
    for (const status of all) {
      for (const { value, attributes } of measure.read(status)) {
        gauge.set({ journal: status.name, ...attributes }, value);
      }
    }
  }

  /** The registry reads all gauges in the same turn. */
  private statuses(): Promise<readonly JournalStatus[]> {
    this.scrape ??= Promise.all(this.journals.observed().map((observed) => readStatus(observed))).finally(
      () => {
        this.scrape = null;
      },
    );
    return this.scrape;
  }

  private noted(name: string): string {
    this.names.push(name);
    return name;
  }
}
