import { ValidateBy } from 'class-validator';

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/** A time as RFC 3339 has it, with an offset, that `Date` and PostgreSQL both know: no leap seconds, no year 0. */
export function IsTimestamp(): PropertyDecorator {
  return ValidateBy({
    name: 'isTimestamp',
    validator: {
      validate: isTimestamp,
      defaultMessage: () => '$property must be a date and time with an offset (RFC 3339)',
    },
  });
}

/** Whether it is such a time. */
export function isTimestamp(value: unknown): value is string {
  if (typeof value !== 'string' || !RFC_3339.test(value) || value.startsWith('0000')) return false;
  const [date = ''] = value.toUpperCase().split('T');
  // `Date` would take the 31st of February for a day in March.
  return !Number.isNaN(Date.parse(value)) && new Date(`${date}T00:00:00Z`).toJSON().startsWith(date);
}
