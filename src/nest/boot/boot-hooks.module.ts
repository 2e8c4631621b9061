import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { JournalRegistry } from '../journal-registry.service.js';

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
    // Nest calls hooks from the largest distance to the smallest. This changes the order of no other hook,
    // and of none at shutdown.
    for (const module of modules.values()) {
      if (module.providers.has(BootHooks) && module.distance > 0) module.distance = Infinity;
    }
  }

  onModuleInit(): void {
    this.registry.watchHooks();
  }
}

/** Module of the hook above. It is separate because Nest orders hooks by module. */
@Module({ providers: [BootHooks] })
export class BootHooksModule {}

/**
 * Whether the first `forRoot` is in a lazily loaded module: only such a module has distance 0 from the root.
 */
export function isLazilyLoaded(modules: ModulesContainer): boolean {
  return [...modules.values()].some(
    ({ metatype, distance }) => metatype === BootHooksModule && distance === 0,
  );
}
