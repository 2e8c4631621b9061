import type { ModulesContainer } from '@nestjs/core';
import { clearImmediate, setImmediate } from '../../common/index.js';

/**
 * The part of Nest's InstanceWrapper used here: since Nest 10 it reports how the creation of a provider ends.
 */
interface Settlement {
  asPromise(): Promise<unknown>;
}

/**
 * Detects that another provider of the application failed to start. Nest then discards the application
 * without calling a hook, and an open journal would keep its lock until the process ends.
 *
 * Until the application has started, this class checks every provider and controller once per turn of the
 * event loop. A failed one settles with an error. Versions of Nest without such a settlement keep the lock
 * until the process ends.
 */
export class ProviderFailureWatch {
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
    // Unreferenced, so that it does not keep the process alive.
    this.next = setImmediate(() => this.look()).unref();
  }

  private observe(wrapper: object): void {
    const { settlementSignal } = wrapper as { settlementSignal?: Partial<Settlement> };
    if (typeof settlementSignal?.asPromise !== 'function') return;
    const settlement = settlementSignal as Settlement;
    if (this.known.has(settlement)) return;
    this.known.add(settlement);
    // Nest resolves it with the error; a later version might reject.
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
