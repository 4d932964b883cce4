// Your own projection: put a file like this into a folder and name the folder with PUTLOG_PROJECTIONS.
import { defineProjection } from 'putlog';

export default defineProjection({
  name: 'words-by-day',
  description: 'How many words were counted each day, in how many texts, and the longest of them.',
  kinds: ['succeeded'],
  event({ type, result, at }) {
    if (type !== 'word.count') return [];
    const { words } = JSON.parse(result ?? '') as { words: number };
    const day = new Date(at).toISOString().slice(0, 10);
    return [{ id: day, add: { texts: 1, words }, max: { longest: words } }];
  },
});
