import { ValidateBy } from 'class-validator';
import { isEncodedHeaders, isTextOrBase64 } from '../../json/text-or-base64.js';

/** Bytes of a record: text, `null` or `{"base64": …}`. */
export function IsRecordBytes(): PropertyDecorator {
  return partRule('isRecordBytes', isSendable, '$property must be text, null or {"base64": …}');
}

/** A record's headers; several values of one are an array. */
export function IsRecordHeaders(): PropertyDecorator {
  const isHeaders = (value: unknown): boolean =>
    isEncodedHeaders(value) && Object.entries(value).flat(2).every(isSendable);
  return partRule(
    'isRecordHeaders',
    isHeaders,
    '$property must be an object of texts, nulls and {"base64": …}',
  );
}

/** Text with half a surrogate pair has no bytes. */
function isSendable(value: unknown): boolean {
  return isTextOrBase64(value) && (typeof value !== 'string' || value.isWellFormed());
}

function partRule(name: string, validate: (value: unknown) => boolean, message: string): PropertyDecorator {
  return ValidateBy({ name, validator: { validate, defaultMessage: () => message } });
}
