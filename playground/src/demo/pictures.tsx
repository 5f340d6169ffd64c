// Pictures of a post: their place is held and filled with their colours until they are loaded.

import { thumbHashToDataURL } from 'thumbhash';
import type { MediaCardFragment } from './__generated__/graphql';
import { useNode } from './nodes';

/** In a home feed also in the sizes beside the middle one. */
export type Media = MediaCardFragment & { small?: string | null; large?: string | null };

const WIDEST = { small: 320, url: 640, large: 1280 };

function blurred(placeholder: string): string {
  return thumbHashToDataURL(Uint8Array.from(atob(placeholder), (each) => each.charCodeAt(0)));
}

/** The addresses with their widths; a size is that of the longer side. */
function sources({ width, height, ...media }: Media): string {
  const shrunk = (longest: number) => Math.round(width! * Math.min(1, longest / Math.max(width!, height!)));
  const sizes = Object.entries(WIDEST).map(([size, longest]) => [media[size as keyof typeof WIDEST], shrunk(longest)] as const);
  return sizes.filter(([address]) => address).map(([address, wide]) => `${address} ${wide}w`).join(', ');
}

function Picture({ media, alone }: { media: Media; alone: boolean }) {
  const picture = useNode(media);
  if (picture.state === 'FAILED') return <p className="muted">A picture could not be processed.</p>;
  if (picture.state === 'PROCESSING') return <p className="processing muted" role="status">A picture is being processed…</p>;
  return (
    <img
      alt={picture.altText}
      title={picture.altText || undefined}
      src={picture.url!}
      srcSet={sources(picture)}
      sizes={alone ? '(max-width: 40rem) 100vw, 36rem' : '(max-width: 40rem) 50vw, 18rem'}
      width={picture.width!}
      height={picture.height!}
      loading="lazy"
      style={{ backgroundImage: `url(${blurred(picture.placeholder!)})` }}
    />
  );
}

export function Pictures({ media }: { media: Media[] }) {
  if (!media.length) return null;
  return (
    <div className={`pictures of-${media.length}`}>
      {media.map((each) => <Picture key={each.id} media={each} alone={media.length === 1} />)}
    </div>
  );
}
