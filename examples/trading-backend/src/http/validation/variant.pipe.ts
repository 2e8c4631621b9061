import {
  BadRequestException,
  Injectable,
  type ArgumentMetadata,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import { createValidationPipe } from './validation.js';

/**
 * Validates a body that may be one of several DTOs. One of its properties names the DTO. So the fields of one
 * variant are errors in another, like every unknown field.
 */
@Injectable()
export class VariantPipe<T extends object> implements PipeTransform<unknown, Promise<T>> {
  private readonly validation = createValidationPipe();

  constructor(
    private readonly tag: string,
    private readonly variants: ReadonlyMap<string, Type<T>>,
  ) {}

  transform(body: unknown, metadata: ArgumentMetadata): Promise<T> {
    const variant: unknown = isObject(body) ? body[this.tag] : undefined;
    const metatype = typeof variant === 'string' ? this.variants.get(variant) : undefined;
    if (metatype === undefined) {
      throw new BadRequestException([`${this.tag} must be one of ${[...this.variants.keys()].join(', ')}`]);
    }
    // A pipe with `transform: true` returns an instance of the metatype.
    return this.validation.transform(body, { ...metadata, metatype }) as Promise<T>;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
