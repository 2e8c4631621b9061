import { Global, Module } from '@nestjs/common';
import { JournalRegistry } from './journal-registry.service.js';

/** Imported by every `forRoot`, made once per application. Global, so that its shutdown hook comes last. */
@Global()
@Module({ providers: [JournalRegistry], exports: [JournalRegistry] })
export class JournalRegistryModule {}
