import { Global, Module } from '@nestjs/common';
import { OBSERVED_JOURNALS } from '../telemetry/index.js';
import { JournalRegistry } from './journal-registry.service.js';

/**
 * Module of the journal registry. Every `forRoot` imports it, and Nest creates it once per application. It is
 * global, so that its shutdown hook runs last.
 */
@Global()
@Module({
  providers: [JournalRegistry, { provide: OBSERVED_JOURNALS, useExisting: JournalRegistry }],
  exports: [JournalRegistry, OBSERVED_JOURNALS],
})
export class JournalRegistryModule {}
