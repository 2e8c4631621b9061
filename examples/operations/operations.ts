/**
 * The account of `examples/minimal` with what operators ask for: health for an orchestrator, metrics for
 * Prometheus, logs as JSON, and a shutdown with a limit.
 *
 *     node dist/examples/operations/operations.js
 *     curl -H 'content-type: application/json' -d '{ "cents": 500 }' localhost:3000/deposits
 *     curl localhost:3000/health/ready
 *     curl localhost:3000/metrics
 */
import 'reflect-metadata';
import { Body, ConsoleLogger, Controller, Get, Header, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { FileJournalModule, Sequencer, type SequencerAggregate } from 'nestjs-file-journal';
import { FileJournalPrometheusModule } from 'nestjs-file-journal/prometheus';
import { FileJournalHealthModule, JournalHealthIndicator } from 'nestjs-file-journal/terminus';
import { register } from 'prom-client';

interface Deposit {
  readonly cents: number;
}

class Account implements SequencerAggregate<Deposit, number> {
  balanceCents = 0;

  execute({ cents }: Deposit): number {
    if (!Number.isSafeInteger(cents) || cents <= 0) throw new RangeError('cents must be a positive integer');
    this.balanceCents += cents;
    return this.balanceCents;
  }
}

@Controller()
class AccountController {
  constructor(private readonly sequencer: Sequencer<Account>) {}

  @Post('deposits')
  deposit(@Body() { cents }: Deposit) {
    return this.sequencer.submit({ cents });
  }
}

@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly journal: JournalHealthIndicator,
  ) {}

  /** For the load balancer: 503 while the journal stores nothing, or soon will not. */
  @Get('ready')
  @HealthCheck()
  ready() {
    return this.health.check([() => this.journal.isHealthy('journal')]);
  }

  /** For the orchestrator: 503 only where a restart helps. */
  @Get('live')
  @HealthCheck()
  live() {
    return this.health.check([() => this.journal.isAlive('journal')]);
  }
}

@Controller('metrics')
class MetricsController {
  @Get()
  @Header('content-type', register.contentType)
  metrics(): Promise<string> {
    return register.metrics();
  }
}

@Module({
  imports: [
    CqrsModule.forRoot(),
    TerminusModule.forRoot({ logger: false }),
    FileJournalModule.forRoot({
      directory: process.env['JOURNAL_DIRECTORY'] ?? 'data/operations',
      segmentSizeBytes: 16 * 1024 * 1024,
      shutdownTimeoutMs: 3_000,
    }),
    FileJournalModule.forFeature([Account]),
    FileJournalHealthModule.forRoot({
      minFreeBytes: Number(process.env['MIN_FREE_BYTES'] ?? 16 * 1024 * 1024),
    }),
    FileJournalPrometheusModule.forRoot(),
  ],
  controllers: [AccountController, HealthController, MetricsController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: new ConsoleLogger({ json: true, colors: false }) });
app.enableShutdownHooks();
await app.listen(Number(process.env['PORT'] ?? 3000));
console.log(`listening at ${await app.getUrl()}`);
