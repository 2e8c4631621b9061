import { AggregateUnavailableError } from './sequencer.errors.js';

/** Methods that would change the aggregate without an entry in the journal. */
const DRIVEN_BY_SEQUENCER: readonly PropertyKey[] = ['execute', 'restore', 'apply'];

/**
 * Creates the handle that is injected for an aggregate: a stable, read-only view of the current instance. A
 * rebuild replaces the instance, not the handle. The handle refuses assignments and methods that change the
 * aggregate.
 *
 * @param current returns the instance; throws while the instance must not be read
 */
export function createAggregateHandle<T extends object>(prototype: T, current: () => T): T {
  const methods = new WeakMap<object, Map<PropertyKey, unknown>>();
  return new Proxy(Object.create(prototype) as T, {
    get(_target, property) {
      if (property === 'constructor') return prototype.constructor;
      if (isProbe(property, prototype)) return undefined;
      if (DRIVEN_BY_SEQUENCER.includes(property) && property in prototype) return refuse(property);
      const instance = current();
      const value: unknown = Reflect.get(instance, property, instance);
      return typeof value === 'function' ? bound(methods, instance, property, value) : value;
    },
    has: (_target, property) => property in prototype || property in current(),
    ownKeys: () => Reflect.ownKeys(current()),
    getOwnPropertyDescriptor(_target, property) {
      const descriptor = Reflect.getOwnPropertyDescriptor(current(), property);
      // A proxy must not report a property as non-configurable if its target lacks it.
      return descriptor === undefined ? undefined : { ...descriptor, configurable: true };
    },
    getPrototypeOf: () => prototype,
    set: (_target, property) => refuse(property)(),
    defineProperty: (_target, property) => refuse(property)(),
    deleteProperty: (_target, property) => refuse(property)(),
  });
}

/** Whether Nest (lifecycle hooks) or `await` (`then`) reads this property from any object. */
function isProbe(property: PropertyKey, prototype: object): boolean {
  if (property in prototype) return false;
  return (
    typeof property === 'symbol' || property === 'then' || /^(on[A-Z]|before[A-Z])/.test(property as string)
  );
}

/** Binds a method to the instance: called on the proxy, it could not access private fields. */
function bound(
  methods: WeakMap<object, Map<PropertyKey, unknown>>,
  instance: object,
  property: PropertyKey,
  method: unknown,
): unknown {
  let ofInstance = methods.get(instance);
  if (ofInstance === undefined) methods.set(instance, (ofInstance = new Map()));
  let known = ofInstance.get(property) as { method: unknown; bound: unknown } | undefined;
  if (known?.method !== method) {
    known = { method, bound: (method as (...args: unknown[]) => unknown).bind(instance) };
    ofInstance.set(property, known);
  }
  return known?.bound;
}

function refuse(property: PropertyKey): () => never {
  return () => {
    throw new AggregateUnavailableError(
      `${String(property)}: an injected aggregate is read-only; change it through Sequencer.submit()`,
    );
  };
}
