import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { JournalRegistry } from './journal-registry.service.js';

/**
 * Has the registry watch the boot hooks of the application before any of them is called. Nest calls those of global modules in
 * the order in which they were scanned, and of one that comes before the registry's nobody would notice that it fails.
 */
@Injectable()
export class BootHooks implements OnModuleInit {
  constructor(
    private readonly registry: JournalRegistry,
    modules: ModulesContainer,
  ) {
    // Nest goes from the largest distance to the smallest; only this hook is moved, and none at shutdown.
    for (const module of modules.values()) {
      if (module.providers.has(BootHooks) && module.distance > 0) module.distance = Infinity;
    }
  }

  onModuleInit(): void {
    this.registry.watchHooks();
  }
}

/** A module of its own: the order of hooks is that of modules. */
@Module({ providers: [BootHooks] })
export class BootHooksModule {}

/** Whether the first `forRoot` came with a lazily loaded module. One that the boot scans is at least at distance 1 from the root. */
export function isLazilyLoaded(modules: ModulesContainer): boolean {
  return [...modules.values()].some(
    ({ metatype, distance }) => metatype === BootHooksModule && distance === 0,
  );
}
