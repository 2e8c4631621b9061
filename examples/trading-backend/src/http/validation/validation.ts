import { ValidationPipe } from '@nestjs/common';

/**
 * How everything that comes in is validated: only what a DTO names is taken, anything else is an error, not a
 * surprise.
 */
export function createValidationPipe(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
  });
}
