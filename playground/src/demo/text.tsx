// A text whose mentions, hashtags and links lead somewhere. The server has found them.

import type { SegmentsFragment } from './__generated__/graphql';
import { link } from './router';

function Segment({ segment: { text, mention, hashtag, url } }: { segment: SegmentsFragment }) {
  if (mention) return <a href={link('user', mention.username)}>{text}</a>;
  if (hashtag) return <a href={link('tag', hashtag.name)}>{text}</a>;
  if (url) return <a href={url} target="_blank" rel="noopener noreferrer nofollow">{text}</a>;
  return text;
}

/** The segments; without them, as in a list that did not ask for them, the plain text. */
export function Text({ text, segments }: { text: string; segments?: SegmentsFragment[] }) {
  return (
    <p className="text" dir="auto">
      {segments?.map((segment, index) => <Segment key={index} segment={segment} />) ?? text}
    </p>
  );
}
