import type { SubscribeOptions, TopicAdmin, TopicDescription } from './transport.js';

/** What a subscription reads now: those of its topics that exist, in the order of their names. */
export async function topicsToRead(
  admin: TopicAdmin,
  { topics, matching }: Pick<SubscribeOptions, 'topics' | 'matching'>,
): Promise<TopicDescription[]> {
  const named = await admin.describe(topics);
  const matched = matching ? (await admin.list()).filter(({ name }) => matching(name)) : [];
  const byName = new Map([...matched, ...named].map((topic) => [topic.name, topic]));
  return [...byName.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}
