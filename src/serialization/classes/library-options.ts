import { Transform, TransformationType, plainToInstance } from 'class-transformer';
import type { ClassTransformOptions } from 'class-transformer';
import { defaultMetadataStorage as storage } from 'class-transformer/cjs/storage.js';

/**
 * The options that the library passes to `@Transform` by default. Null if this module reads another metadata
 * storage than the one the decorators write to, because a bundler duplicated it. Then no class has a plan.
 */
export const libraryOptions: ClassTransformOptions | null = probe();

function probe(): ClassTransformOptions | null {
  class Probe {
    value: unknown;
  }
  let options: ClassTransformOptions | null = null;
  Transform((params) => (options = params.options))(Probe.prototype, 'value');
  plainToInstance(Probe, { value: 1 });
  const metadata = storage.findTransformMetadatas(Probe, 'value', TransformationType.PLAIN_TO_CLASS);
  return metadata.length === 1 ? options : null;
}
