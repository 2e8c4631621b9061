import { Global, Module } from '@nestjs/common';
import { OBSERVED_JOURNALS } from '../telemetry/index.js';
import { JournalRegistry } from './journal-registry.service.js';

/** Imported by every `forRoot`, made once per application. Global, so that its shutdown hook comes last. */
@Global()
@Module({
  providers: [JournalRegistry, { provide: OBSERVED_JOURNALS, useExisting: JournalRegistry }],
  exports: [JournalRegistry, OBSERVED_JOURNALS],
})
export class JournalRegistryModule {}
