// A user's own projection for the end-to-end tests: of each ordering key how many commands and ends there were, and what its jobs came to.
import { defineProjection } from '../../schemas/for-jobs.ts';

export default defineProjection({
  name: 'keys',
  kinds: ['succeeded', 'failed', 'dead', 'cancelled'],
  command: ({ kind, key }) => (kind === 'submit' ? [{ id: key, add: { submits: 1 } }] : []),
  event: ({ kind, id, key, type, generation, at }) =>
    type === ''
      ? []
      : [
          {
            id: key,
            add: { ends: 1, [`kinds.${kind}`]: 1 },
            max: { latest: at },
            min: { earliest: at },
            set: { [`jobs.${id}`]: { kind, generation } },
          },
        ],
});
