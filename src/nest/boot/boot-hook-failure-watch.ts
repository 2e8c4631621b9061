import type { ModulesContainer } from '@nestjs/core';

const BOOT_HOOKS = ['onModuleInit', 'onApplicationBootstrap'] as const;

type Hook = (this: object, ...args: unknown[]) => unknown;

/**
 * Detects that a boot hook of the application fails. Nest then calls no further hook. Nest 11 cannot even
 * close such an application, and `createApplicationContext` never returns it. The journals would stay locked.
 *
 * Nest does not report the failure. So this class shadows each hook with a wrapper until the first call. The
 * wrapper passes on arguments, `this`, result and error.
 */
export function watchBootHooks(modules: ModulesContainer, onFailure: () => Promise<void>): void {
  for (const { providers, controllers, injectables } of modules.values()) {
    for (const collection of [providers, controllers, injectables]) {
      for (const wrapper of collection.values()) {
        if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient) continue;
        const instance: unknown = wrapper.instance;
        if (typeof instance !== 'object' || instance === null) continue;
        for (const hook of BOOT_HOOKS) shadow(instance, hook, onFailure);
      }
    }
  }
}

function shadow(instance: object, name: (typeof BOOT_HOOKS)[number], onFailure: () => Promise<void>): void {
  const hook: unknown = (instance as Record<string, unknown>)[name];
  if (typeof hook !== 'function') return;
  const before = Reflect.getOwnPropertyDescriptor(instance, name);
  const watched: Hook = async function (...args) {
    restore(instance, name, before);
    try {
      return await (hook as Hook).apply(this, args);
    } catch (error) {
      await onFailure();
      throw error;
    }
  };
  try {
    // Returns false for a frozen object, and throws for a proxy that forbids it; the hook is then not
    // watched.
    Reflect.defineProperty(instance, name, { value: watched, configurable: true, writable: true });
  } catch {
    return;
  }
}

function restore(instance: object, name: string, before: PropertyDescriptor | undefined): void {
  if (before === undefined) Reflect.deleteProperty(instance, name);
  else Reflect.defineProperty(instance, name, before);
}
