import { ValidationPipe } from '@nestjs/common';

/**
 * The validation of every request: a property that the DTO does not name is an error.
 */
export function createValidationPipe(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
  });
}
