import { Global, Module } from '@nestjs/common';
import { OBSERVED_JOURNALS } from '../telemetry/index.js';
import { JournalRegistry } from './journal-registry.service.js';

/** Imported by every `forRoot`, made once per application. Global; {@link JournalRegistry} sees to it that its hooks frame all others. */
@Global()
@Module({
  providers: [JournalRegistry, { provide: OBSERVED_JOURNALS, useExisting: JournalRegistry }],
  exports: [JournalRegistry, OBSERVED_JOURNALS],
})
export class JournalRegistryModule {}
