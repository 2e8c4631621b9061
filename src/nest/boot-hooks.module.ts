import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { JournalRegistry } from './journal-registry.service.js';

/**
 * Makes the registry watch the boot hooks of the application before Nest calls any of them. Nest calls the
 * hooks of global modules in the order in which it scanned the modules. Without this class, the registry
 * would miss the failure of a hook before its own.
 */
@Injectable()
export class BootHooks implements OnModuleInit {
  constructor(
    private readonly registry: JournalRegistry,
    modules: ModulesContainer,
  ) {
    // Nest calls hooks from the largest distance to the smallest. This moves no other hook, and none at
    // shutdown.
    for (const module of modules.values()) {
      if (module.providers.has(BootHooks) && module.distance > 0) module.distance = Infinity;
    }
  }

  onModuleInit(): void {
    this.registry.watchHooks();
  }
}

/** A separate module, because the order of hooks is the order of modules. */
@Module({ providers: [BootHooks] })
export class BootHooksModule {}

/** Whether the first `forRoot` is in a lazily loaded module: only there the distance from the root is 0. */
export function isLazilyLoaded(modules: ModulesContainer): boolean {
  return [...modules.values()].some(
    ({ metatype, distance }) => metatype === BootHooksModule && distance === 0,
  );
}
