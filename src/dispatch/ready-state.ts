import type { Delivery } from '../task-types/task-type.js';
import type { DispatchState } from './dispatch.entity.js';

/**
 * The state of the dispatch of a task that is queued and that nobody has yet. One with an ordering key becomes claimable
 * when its turn has come (see `DispatchRepository.advance`).
 */
export function readyState(
  { delivery }: { delivery: Delivery },
  orderingKey: string | null,
): Extract<DispatchState, 'unsent' | 'behind' | 'claimable'> {
  if (delivery === 'topic') return 'unsent';
  return orderingKey === null ? 'claimable' : 'behind';
}
