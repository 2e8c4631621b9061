/**
 * A file on a device behind a page cache: the durable bytes, and every later state of each page.
 *
 * The kernel may write a dirty page back at any time. So at a power cut, each page has, independently of the
 * others, its state at the last completed sync or after any later store. A device without power protection
 * may even mix these states sector by sector. The file system journals changes of the size: a prefix of them
 * survives.
 */
import type { Random } from '../../support/random.js';

export const PAGE_BYTES = 4096;
export const SECTOR_BYTES = 512;
/** Maximum number of states kept per page; middle ones are dropped first. */
const MAX_STATES = 12;

/** How the surviving state of dirty pages is chosen. */
export type Tearing = 'none' | 'all' | 'pages' | 'states' | 'sectors';

interface PageState {
  readonly id: number;
  /** The number of truncations before it. It survives only together with these. */
  readonly truncations: number;
  readonly image: Buffer;
}

export class SimulatedFile {
  /** The bytes that reads and mappings show. */
  #cache = Buffer.alloc(0);
  readonly #durable = new Map<number, Buffer>();
  #durableSize = 0;
  /** By page: its states since the last completed sync, oldest first. */
  readonly #dirty = new Map<number, PageState[]>();
  /** Changes of the size since the last completed sync; 0 is a truncation. */
  #sizes: { readonly id: number; readonly size: number }[] = [];
  /** Pages after a failed sync: clean for the kernel, but never stored. */
  readonly #lost = new Set<number>();
  #truncations = 0;
  #nextId = 1;
  #mapped = false;

  static withContent(content: Buffer): SimulatedFile {
    const file = new SimulatedFile();
    file.#cache = Buffer.from(content);
    file.#durableSize = content.length;
    for (const page of file.#pages()) file.#durable.set(page, file.#imageOf(page));
    return file;
  }

  get size(): number {
    return this.#cache.length;
  }

  get content(): Buffer {
    return this.#cache;
  }

  read(target: Buffer, position: number): boolean {
    if (position + target.length > this.size) return false;
    this.#cache.copy(target, 0, position, position + target.length);
    return true;
  }

  store(bytes: Uint8Array, position: number): void {
    if (position + bytes.length > this.size) this.resize(position + bytes.length);
    this.#cache.set(bytes, position);
    this.#noteStore(position, bytes.length);
  }

  resize(size: number): void {
    if (size === this.size) return;
    if (this.#mapped) throw new Error('the simulated file is mapped and must keep its size');
    const resized = Buffer.alloc(size);
    this.#cache.copy(resized);
    this.#cache = resized;
    if (size === 0) {
      this.#truncations += 1;
      this.#dirty.clear();
      this.#lost.clear();
    }
    this.#sizes.push({ id: this.#newId(), size });
  }

  /** A view whose stores are recorded like positioned writes. */
  map(isOn: () => boolean, onStored: () => void): Buffer {
    this.#mapped = true;
    const view = Buffer.from(this.#cache.buffer, this.#cache.byteOffset, this.#cache.length);
    const store = (bytes: ArrayLike<number>, offset = 0): void => {
      if (!isOn()) return;
      Uint8Array.prototype.set.call(view, bytes, offset);
      this.#noteStore(offset, bytes.length);
      onStored();
    };
    Object.defineProperty(view, 'set', { value: store });
    return view;
  }

  /**
   * Starts a sync. The pages that are dirty now become durable once the returned function is called; later
   * stores do not.
   */
  beginSync(): { complete(): void; fail(random: Random): void } {
    this.#assertEveryStoreWasSeen();
    const newest = new Map<number, PageState>();
    for (const [page, states] of this.#dirty) newest.set(page, states[states.length - 1] as PageState);
    const size = this.size;
    const upTo = this.#nextId;
    const truncations = this.#truncations;
    const settle = (isStored: () => boolean): void => {
      this.#sizes = this.#sizes.filter(({ id }) => id >= upTo);
      if (truncations > 0) this.#forgetBefore(truncations);
      this.#durableSize = size;
      for (const [page, state] of newest) {
        if (isStored()) this.#durable.set(page, state.image);
        else this.#lost.add(page);
        const left = (this.#dirty.get(page) ?? []).filter(({ id }) => id > state.id);
        if (left.length === 0) this.#dirty.delete(page);
        else this.#dirty.set(page, left);
      }
    };
    return {
      complete: () => settle(() => true),
      // The kernel reports EIO once, and the pages then count as clean, so a second sync would succeed.
      fail: (random) => settle(() => random.chance(0.3)),
    };
  }

  /** Drops clean pages, so that the next read comes from the device. */
  evict(): void {
    for (const page of this.#pages()) {
      if (this.#dirty.has(page)) continue;
      this.#lost.delete(page);
      const target = this.#cache.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
      Buffer.from(this.#durableImage(page)).copy(target);
    }
  }

  /** The bytes on the device if the power failed now. */
  survivor(random: Random, tearing: Tearing): SimulatedFile {
    const kept = tearing === 'all' ? this.#sizes.length : random.integer(0, this.#sizes.length);
    const changes = this.#sizes.slice(0, kept);
    const size = changes.at(-1)?.size ?? this.#durableSize;
    const truncated = changes.filter((change) => change.size === 0).length;
    const pendingTruncations = this.#sizes.filter((change) => change.size === 0).length;
    const truncations = this.#truncations - pendingTruncations + truncated;
    const content = Buffer.alloc(Math.ceil(size / PAGE_BYTES) * PAGE_BYTES);
    for (let page = 0; page * PAGE_BYTES < size; page += 1) {
      const base = truncated > 0 ? Buffer.alloc(PAGE_BYTES) : this.#durableImage(page);
      const states = (this.#dirty.get(page) ?? []).filter((state) => state.truncations <= truncations);
      const images = [base, ...states.map(({ image }) => image)];
      survivingPage(images, random, tearing).copy(content, page * PAGE_BYTES);
    }
    return SimulatedFile.withContent(content.subarray(0, size));
  }

  /** The file after the process is killed: caches stay, mappings end. */
  unmap(): void {
    this.#mapped = false;
  }

  #noteStore(position: number, length: number): void {
    const lastPage = Math.floor((position + length - 1) / PAGE_BYTES);
    for (let page = Math.floor(position / PAGE_BYTES); page <= lastPage; page += 1) {
      const states = this.#dirty.get(page) ?? [];
      if (states.length >= MAX_STATES) states.splice(MAX_STATES >>> 1, 1);
      states.push({ id: this.#newId(), truncations: this.#truncations, image: this.#imageOf(page) });
      this.#dirty.set(page, states);
      this.#lost.delete(page);
    }
  }

  /** A durable truncation: earlier bytes can never reappear. */
  #forgetBefore(truncations: number): void {
    if (truncations === 0) return;
    this.#durable.clear();
    this.#truncations -= truncations;
    for (const [page, states] of this.#dirty) {
      this.#dirty.set(
        page,
        states.map((state) => ({ ...state, truncations: Math.max(0, state.truncations - truncations) })),
      );
    }
  }

  /** Rejects stores that bypass the simulation, because it would prove nothing about them. */
  #assertEveryStoreWasSeen(): void {
    for (const page of this.#pages()) {
      if (this.#dirty.has(page) || this.#lost.has(page) || this.#sizes.length > 0) continue;
      if (!this.#imageOf(page).equals(this.#durableImage(page)))
        throw new Error(`page ${page} of a simulated file changed without the simulation recording a store`);
    }
  }

  *#pages(): Generator<number> {
    for (let page = 0; page * PAGE_BYTES < this.size; page += 1) yield page;
  }

  #imageOf(page: number): Buffer {
    const image = Buffer.alloc(PAGE_BYTES);
    this.#cache.copy(image, 0, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
    return image;
  }

  #durableImage(page: number): Buffer {
    return this.#durable.get(page) ?? Buffer.alloc(PAGE_BYTES);
  }

  #newId(): number {
    this.#nextId += 1;
    return this.#nextId - 1;
  }
}

function survivingPage(images: readonly Buffer[], random: Random, tearing: Tearing): Buffer {
  const oldest = images[0] as Buffer;
  const newest = images[images.length - 1] as Buffer;
  switch (tearing) {
    case 'none':
      return oldest;
    case 'all':
      return newest;
    case 'pages':
      return random.chance(0.5) ? oldest : newest;
    case 'states':
      return images[random.integer(0, images.length - 1)] as Buffer;
    case 'sectors': {
      const mixed = Buffer.alloc(PAGE_BYTES);
      for (let at = 0; at < PAGE_BYTES; at += SECTOR_BYTES) {
        const image = images[random.integer(0, images.length - 1)] as Buffer;
        image.copy(mixed, at, at, at + SECTOR_BYTES);
      }
      return mixed;
    }
  }
}
