import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Inject } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { FileJournalHealthModule, JournalHealthIndicator } from '../../../src/telemetry/health/index.js';
import { IoError, type Journal } from '../../../src/journal/index.js';
import { FileJournalModule, getJournalToken } from '../../../src/nest/index.js';
import { Sequencer } from '../../../src/sequencer/index.js';
import { Bank, deposit } from '../../sequencer/bank.js';
import { serve } from '../../nest/apps.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

@Controller('health')
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(JournalHealthIndicator) private readonly journal: JournalHealthIndicator,
  ) {}

  @Get('ready')
  @HealthCheck()
  ready() {
    return this.health.check([() => this.journal.isHealthy('journal')]);
  }

  @Get('live')
  @HealthCheck()
  live() {
    return this.health.check([() => this.journal.isAlive('journal')]);
  }

  @Get('other')
  @HealthCheck()
  other() {
    return this.health.check([() => this.journal.isHealthy('journal', { journal: 'other' })]);
  }
}

const major = Number(
  (createRequire(import.meta.url)('@nestjs/terminus/package.json') as { version: string }).version.split(
    '.',
  )[0],
);

const SECOND_NS = 1_000_000_000n;

async function start(options: Parameters<typeof FileJournalHealthModule.forRoot>[0] = {}) {
  const time = { nowNs: 1_700_000_000n * SECOND_NS };
  const { app, url } = await serve({
    imports: [
      TerminusModule.forRoot({ logger: false }),
      FileJournalModule.forRoot({
        directory: temporaryDirectory(),
        segmentSizeBytes: 65_536,
        clock: () => time.nowNs,
      }),
      FileJournalModule.forFeature([Bank]),
      FileJournalHealthModule.forRoot(options),
    ],
    controllers: [HealthController],
  });
  const get = async (path: string) => {
    const response = await fetch(`${url}/health/${path}`, { headers: { connection: 'close' } });
    const body = (await response.json()) as { status: string; details: { journal: Record<string, unknown> } };
    return { http: response.status, overall: body.status, ...body.details?.journal };
  };
  return { app, get, time, sequencer: app.get<Sequencer<Bank>>(Sequencer) };
}

describe(`health over HTTP, with terminus ${major}`, () => {
  it('is up', async () => {
    const { get, sequencer } = await start();
    await sequencer.submit(deposit('a', 1));
    expect(await get('ready')).toEqual({
      http: 200,
      overall: 'ok',
      status: 'up',
      state: 'open',
      durability: 'sync',
      lastSequence: '0',
      durableSequence: '0',
      reasons: [],
    });
    expect(await get('live')).toMatchObject({ http: 200, status: 'up' });
  });

  it('is degraded while the wall clock is behind, and answers 200; is down if the severity says so', async () => {
    const { get, sequencer, time } = await start();
    await sequencer.submit(deposit('a', 1));
    time.nowNs -= 2n * SECOND_NS;
    await sequencer.submit(deposit('a', 1));
    expect(await get('ready')).toMatchObject({
      http: 200,
      ...(major >= 12
        ? { overall: 'degraded', status: 'degraded' }
        : { overall: 'ok', status: 'up', degraded: true }),
      reasons: [{ code: 'clock-skewed', severity: 'degraded' }],
    });
    expect(await get('live')).toMatchObject({ http: 200, status: 'up', reasons: [] });
  });

  it('is down if a degradation counts as down', async () => {
    const { get } = await start({ lowFreeBytes: 2 ** 52, severity: { 'disk-low': 'down' } });
    expect(await get('ready')).toMatchObject({ http: 503, status: 'down', reasons: [{ code: 'disk-low' }] });
    expect(await get('live')).toMatchObject({ http: 200, status: 'up' });
  });

  it('is down when the disk is nearly full, which no restart fixes', async () => {
    const { get } = await start({ minFreeBytes: 2 ** 52 });
    expect(await get('ready')).toMatchObject({
      http: 503,
      overall: 'error',
      status: 'down',
      reasons: [{ code: 'disk-full' }],
    });
    expect(await get('live')).toMatchObject({ http: 200, status: 'up' });
  });

  it('is down, and not alive, when the journal is poisoned', async () => {
    const { app, get } = await start();
    app.get<Journal>(getJournalToken()).poison(new IoError('fdatasync', '/secret', 'EIO'));
    const ready = await get('ready');
    expect(ready).toMatchObject({
      http: 503,
      status: 'down',
      state: 'poisoned',
      reasons: [{ code: 'poisoned' }],
    });
    expect(JSON.stringify(ready)).not.toContain('/secret');
    expect(await get('live')).toMatchObject({ http: 503, status: 'down' });
  });

  it('refuses the name of a journal that does not exist', async () => {
    const { get } = await start();
    expect(await get('other')).toMatchObject({ http: 500 });
  });
});

it('checks the options of the module in forRoot()', () => {
  expect(() => FileJournalHealthModule.forRoot({ maxLag: 1 } as never)).toThrow(
    /unknown option "maxLag";.*maxLagEntries/,
  );
});
