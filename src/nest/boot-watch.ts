import type { ModulesContainer } from '@nestjs/core';
import { clearImmediate, setImmediate } from '../common/index.js';

/** What this needs of Nest's InstanceWrapper: since Nest 10 a provider that is being made tells how that ends. */
interface Settlement {
  asPromise(): Promise<unknown>;
}

/**
 * Notices that another provider of the application failed to start. Nest calls no hook then and drops everything, and an
 * open journal would keep its lock for as long as the process lives.
 *
 * Every provider and controller is looked at once a turn until the application is up; a failed one answers its
 * settlement with an error. Where Nest has no such thing, nothing is noticed, and the lock ends with the process.
 */
export class BootWatch {
  private readonly known = new WeakSet<Settlement>();
  private next: NodeJS.Immediate | null = null;
  private state: 'idle' | 'watching' | 'done' = 'idle';

  constructor(
    private readonly modules: ModulesContainer,
    private readonly onFailure: () => Promise<void>,
  ) {}

  start(): void {
    if (this.state !== 'idle') return;
    this.state = 'watching';
    this.look();
  }

  stop(): void {
    this.state = 'done';
    if (this.next !== null) clearImmediate(this.next);
    this.next = null;
  }

  private look(): void {
    if (this.state !== 'watching') return;
    for (const { providers, controllers, injectables } of this.modules.values()) {
      for (const collection of [providers, controllers, injectables]) {
        for (const wrapper of collection.values()) this.observe(wrapper);
      }
    }
    // Unreferenced: watching keeps no process alive.
    this.next = setImmediate(() => this.look()).unref();
  }

  private observe(wrapper: object): void {
    const { settlementSignal } = wrapper as { settlementSignal?: Partial<Settlement> };
    if (typeof settlementSignal?.asPromise !== 'function') return;
    const settlement = settlementSignal as Settlement;
    if (this.known.has(settlement)) return;
    this.known.add(settlement);
    // It resolves with the error; a future Nest might reject with it.
    settlement.asPromise().then(
      (error) => error !== undefined && this.fail(),
      () => this.fail(),
    );
  }

  private fail(): void {
    if (this.state !== 'watching') return;
    this.stop();
    void this.onFailure();
  }
}
