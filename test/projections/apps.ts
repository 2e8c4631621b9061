import type { DynamicModule, Provider, Type } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { FileJournalModule, type FileJournalModuleOptions } from '../../src/nest/index.js';
import {
  ProjectionsService,
  type ProjectionState,
  type ProjectionStatus,
} from '../../src/projections/index.js';
import { boot, survivingJournal } from '../nest/apps.js';
import type { SequencerAggregate } from '../../src/sequencer/index.js';
import { until } from '../support/until.js';

export type CounterCommand = { Add: number } | { Note: string };

/** The aggregate behind the Sequencer of the tests; accepts every command. */
export class Counter implements SequencerAggregate<CounterCommand, number> {
  total = 0;
  execute(command: CounterCommand): number {
    if ('Add' in command) this.total += command.Add;
    return this.total;
  }
}

export interface ProjectionApp {
  readonly app: TestingModule;
  readonly projections: ProjectionsService;
}

/** An application with a counter, its journal and these providers; closed after the test. */
export async function bootWith(
  options: FileJournalModuleOptions,
  providers: Provider[],
  imports: (DynamicModule | Type)[] = [],
  aggregate: Type<SequencerAggregate> = Counter,
): Promise<ProjectionApp> {
  const app = await boot({
    imports: [FileJournalModule.forRoot(options), FileJournalModule.forFeature([aggregate]), ...imports],
    providers,
  });
  return { app, projections: app.get(ProjectionsService) };
}

/** Options with a journal in memory that outlives the application. */
export function memory(): FileJournalModuleOptions {
  return { journal: survivingJournal() };
}

export async function untilState(
  projections: ProjectionsService,
  name: string,
  ...states: ProjectionState[]
): Promise<ProjectionStatus> {
  await until(() => states.includes(projections.status(name).state));
  return projections.status(name);
}
