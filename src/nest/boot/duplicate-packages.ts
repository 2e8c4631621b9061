import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { CqrsModule, EventBus } from '@nestjs/cqrs';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { DuplicatePackageError } from './duplicate-package.error.js';
import { fileOf, loadedModules, packageOf } from './package-of.js';

const CQRS = '@nestjs/cqrs';
const TRANSFORMER = 'class-transformer';
const METADATA = ['_typeMetadatas', '_transformMetadatas', '_exposeMetadatas', '_excludeMetadatas'] as const;

/** The metadata of class-transformer's decorators, by class. */
type Storage = Partial<Record<(typeof METADATA)[number], unknown>>;

/**
 * Checks that the application uses the same copy of @nestjs/cqrs. The EventBus of another copy would carry no
 * events of the journal, and the journal would receive none of its events.
 * @throws (rejects) DuplicatePackageError (`JOURNAL_DUPLICATE_PACKAGE`)
 */
export async function assertOneCqrs(modules: ModulesContainer): Promise<void> {
  const foreign = findForeignBus(modules);
  if (foreign === null) return;
  throw new DuplicatePackageError(
    CQRS,
    await copyOf(EventBus, CQRS),
    await copyOf(foreign, CQRS),
    'Event handlers would never see a journaled event, and published events would not be journaled',
  );
}

/**
 * Checks that event classes are decorated with the copy of class-transformer that converts events. It would
 * ignore the decorators of another copy, and events would not be read back as they were stored.
 * @throws (rejects) DuplicatePackageError (`JOURNAL_DUPLICATE_PACKAGE`) naming the event class
 */
export async function assertOneTransformer(types: Iterable<Type>): Promise<void> {
  const copies = loadedModules(/[\\/]class-transformer[\\/].*[\\/]storage\.js$/);
  const storages = copies.flatMap(([file, exports]) => {
    const { defaultMetadataStorage: storage } = (exports ?? {}) as { defaultMetadataStorage?: Storage };
    return storage === undefined ? [] : [{ file, storage }];
  });
  const ours = storages.find(({ storage }) => storage === (defaultMetadataStorage as unknown));
  for (const type of types) {
    const theirs = storages.find((copy) => copy !== ours && isDecorated(type, copy.storage));
    if (theirs === undefined) continue;
    throw new DuplicatePackageError(
      TRANSFORMER,
      ours === undefined ? 'another copy' : packageOf(ours.file, TRANSFORMER),
      packageOf(theirs.file, TRANSFORMER),
      `The decorators of the event class ${type.name} would be ignored`,
    );
  }
}

function findForeignBus(modules: ModulesContainer): Type | null {
  for (const { metatype, providers } of modules.values()) {
    if (metatype === CqrsModule || metatype?.name !== CqrsModule.name) continue;
    for (const token of providers.keys()) {
      if (token !== EventBus && isBusOfCqrs(token)) return token as Type;
    }
  }
  return null;
}

/**
 * Recognizes a CqrsModule. Compares the methods too: an application may have its own EventBus, even in a
 * module of that name.
 */
function isBusOfCqrs(token: unknown): boolean {
  if (typeof token !== 'function' || token.name !== EventBus.name) return false;
  if (token.prototype instanceof EventBus) return false;
  const methods = (token.prototype ?? {}) as Partial<Record<string, unknown>>;
  return ['publishAll', 'bind', 'registerSagas'].every((name) => typeof methods[name] === 'function');
}

async function copyOf(declared: Type, packageName: string): Promise<string> {
  const file = await fileOf(declared);
  return file === null ? 'another copy' : packageOf(file, packageName);
}

/** True for subclasses of a decorated class too. */
function isDecorated(type: Type, storage: Storage): boolean {
  for (
    let ancestor: unknown = type;
    typeof ancestor === 'function';
    ancestor = Object.getPrototypeOf(ancestor)
  ) {
    for (const kind of METADATA) {
      const known = storage[kind];
      if (known instanceof Map && known.has(ancestor)) return true;
    }
  }
  return false;
}
