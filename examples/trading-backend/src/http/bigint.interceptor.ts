import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { bigintsToStrings } from 'nestjs-file-journal';
import { map, type Observable } from 'rxjs';

/**
 * Sends every bigint as a decimal string: JSON has no integer type that JavaScript clients read without loss, and a type that
 * depends on the value would be worse than either.
 */
@Injectable()
export class BigintInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map(bigintsToStrings));
  }
}
