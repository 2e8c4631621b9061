import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AsyncLocalStorage } from 'node:async_hooks';
import { ROOT_CONTEXT, context, trace, type Context, type ContextManager } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import {
  FileJournalOpenTelemetryModule,
  OpenTelemetryInstrumentation,
} from '../../../src/telemetry/opentelemetry/index.js';
import { FileJournalModule, getJournalToken } from '../../../src/nest/index.js';
import type { Journal } from '../../../src/journal/index.js';
import { Sequencer } from '../../../src/sequencer/index.js';
import { Bank, deposit } from '../../sequencer/bank.js';
import { boot } from '../../nest/apps.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

/** A short version of @opentelemetry/context-async-hooks. */
class AsyncContexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }
  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    current: Context,
    call: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#storage.run(current, () => call.apply(self, args));
  }
  bind<T>(_current: Context, target: T): T {
    return target;
  }
  enable(): this {
    return this;
  }
  disable(): this {
    return this;
  }
}

const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 3_600_000 });
const meterProvider = new MeterProvider({ readers: [reader] });
const spans = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });

beforeEach(() => {
  spans.reset();
  metrics.reset();
  context.setGlobalContextManager(new AsyncContexts());
});

afterEach(() => context.disable());

async function start(
  directory: string,
  options: Parameters<typeof FileJournalOpenTelemetryModule.forRoot>[0],
) {
  const app = await boot({
    imports: [
      FileJournalOpenTelemetryModule.forRoot(options),
      FileJournalModule.forRoot({ directory, segmentSizeBytes: 65_536 }),
      FileJournalModule.forFeature([Bank]),
    ],
  });
  return { app, sequencer: app.get<Sequencer<Bank>>(Sequencer) };
}

/** The latest collection: instrument name to unit and points. */
async function collect() {
  await reader.forceFlush();
  const scope = metrics
    .getMetrics()
    .at(-1)
    ?.scopeMetrics.find((one) => one.scope.name === 'nestjs-file-journal');
  return new Map(
    scope?.metrics.map(({ descriptor, dataPoints }) => [
      descriptor.name,
      { unit: descriptor.unit, points: dataPoints.map(({ value, attributes }) => ({ value, attributes })) },
    ]),
  );
}

describe('metrics through OpenTelemetry', () => {
  it('count the appended entries', async () => {
    const { app, sequencer } = await start(temporaryDirectory(), { meterProvider });
    await Promise.all(Array.from({ length: 10 }, () => sequencer.submit(deposit('a', 1))));
    const journal = app.get<Journal>(getJournalToken());
    const { bytes } = await journal.verifyIntegrity();
    await expect(journal.append({} as never)).rejects.toThrow();

    const collected = await collect();
    const attributes = { 'nestjs_file_journal.journal.name': 'default' };
    expect(collected.get('nestjs_file_journal.stored')).toEqual({
      unit: '{entry}',
      points: [{ value: 10, attributes }],
    });
    expect(collected.get('nestjs_file_journal.written')).toEqual({
      unit: 'By',
      points: [{ value: Number(bytes), attributes }],
    });
    expect(collected.get('nestjs_file_journal.append.duration')).toMatchObject({
      unit: 's',
      points: [{ value: { count: 10 }, attributes }],
    });
    expect(collected.get('nestjs_file_journal.refused.appends')?.points).toEqual([
      { value: 1, attributes: { ...attributes, 'error.type': 'JOURNAL_INVALID_ARGUMENT' } },
    ]);
    expect(collected.get('nestjs_file_journal.last.sequence')?.points).toEqual([{ value: 9, attributes }]);
    expect(collected.get('nestjs_file_journal.state')?.points).toContainEqual({
      value: 1,
      attributes: { ...attributes, 'nestjs_file_journal.state': 'open' },
    });
    expect(spans.getFinishedSpans()).toEqual([]);
  });

  it('are no longer observed after the end', async () => {
    let asked = 0;
    const journals = {
      observed: () => {
        asked += 1;
        return [];
      },
    };
    const instrumentation = await OpenTelemetryInstrumentation.start(journals, { meterProvider });
    await collect();
    expect(asked).toBe(1);
    instrumentation.stop();
    await collect();
    expect(asked).toBe(1);
  });
});

describe('spans through OpenTelemetry', () => {
  it('are created for a submit, below the span of the caller, and for its group, which links to it', async () => {
    const { sequencer } = await start(temporaryDirectory(), { metrics: false, tracerProvider, spans: true });
    spans.reset();
    const request = tracerProvider.getTracer('http').startSpan('request');
    await context.with(trace.setSpan(context.active(), request), () => sequencer.submit(deposit('a', 1)));
    await expect(sequencer.submit({ Fail: 'no' })).rejects.toThrow('no');

    const finished = spans.getFinishedSpans();
    const [submit, failed] = finished.filter(({ name }) => name === 'journal submit');
    expect(submit).toMatchObject({
      parentSpanContext: { spanId: request.spanContext().spanId },
      attributes: { 'nestjs_file_journal.sequence': '0', 'nestjs_file_journal.journal.name': 'default' },
      status: { code: 0 },
    });
    expect(failed).toMatchObject({
      attributes: { 'error.type': 'Error' },
      status: { code: 2, message: 'no' },
    });
    const groups = finished.filter(({ name }) => name === 'journal store group');
    expect(groups).toHaveLength(1);
    expect(groups[0]?.parentSpanContext).toBeUndefined();
    expect(groups[0]?.links.map((link) => link.context.spanId)).toEqual([submit?.spanContext().spanId]);
    expect(groups[0]?.attributes).toMatchObject({
      'nestjs_file_journal.entries': 1,
      'nestjs_file_journal.first_sequence': '0',
      'nestjs_file_journal.durability': 'sync',
    });
  });

  it('are created for a replay', async () => {
    const directory = temporaryDirectory();
    const first = await start(directory, { metrics: false });
    for (let count = 0; count < 5; count += 1) await first.sequencer.submit(deposit('a', 1));
    await first.app.close();
    await start(directory, { metrics: false, tracerProvider, spans: { submit: false, groups: false } });
    expect(spans.getFinishedSpans()).toMatchObject([
      {
        name: 'journal replay',
        attributes: { 'nestjs_file_journal.entries': 5, 'nestjs_file_journal.targets': ['Bank'] },
      },
    ]);
  });
});

it.each<[object, string]>([
  [{ span: true }, 'span'],
  [{ spans: { submits: true } }, 'spans.submits'],
  [{ spans: { submit: 1 } }, 'spans.submit'],
  [{ spans: 'all' }, 'spans'],
  [{ meterProvider: {} }, 'meterProvider'],
  [{ metrics: 'yes' }, 'metrics'],
])('are not started with %j, and the error names the option', (options, option) => {
  expect(() => FileJournalOpenTelemetryModule.forRoot(options as never)).toThrow(
    expect.objectContaining({ code: 'JOURNAL_INVALID_OPTION', option }) as never,
  );
});
