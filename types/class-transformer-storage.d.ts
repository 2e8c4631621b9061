/** The metadata that class-transformer's decorators collect. Not typed by the package, though @nestjs/mapped-types reads it, too. */
declare module 'class-transformer/cjs/storage.js' {
  import type {
    ExposeMetadata,
    TransformMetadata,
    TransformationType,
    TypeMetadata,
  } from 'class-transformer';

  export const defaultMetadataStorage: {
    findTypeMetadata(target: object, property: string): TypeMetadata | undefined;
    findTransformMetadatas(target: object, property: string, type: TransformationType): TransformMetadata[];
    findExposeMetadata(target: object, property: string): ExposeMetadata | undefined;
    findExposeMetadataByCustomName(target: object, name: string): ExposeMetadata | undefined;
    getExposedProperties(target: object, type: TransformationType): string[];
    getExcludedProperties(target: object, type: TransformationType): string[];
    getStrategy(target: object): 'none' | 'excludeAll' | 'exposeAll';
  };
}
