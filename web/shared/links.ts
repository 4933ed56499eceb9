/** Splits text into plain parts and http(s) links, so that links are built as DOM, never as HTML. */

export interface Part {
  text: string
  href?: string
}

const LINK = /https?:\/\/[^\s<>"'“”‘’（）()【】《》，。；！？、]+/gi
const TRAILING = /[.,;:!?\])}]+$/

export function splitLinks(text: string): Part[] {
  const parts: Part[] = []
  let from = 0
  for (const match of text.matchAll(LINK)) {
    const link = match[0].replace(TRAILING, '')
    const href = safeHref(link)
    if (!href) continue
    if (match.index > from) parts.push({ text: text.slice(from, match.index) })
    parts.push({ text: link, href })
    from = match.index + link.length
  }
  if (from < text.length) parts.push({ text: text.slice(from) })
  return parts
}

function safeHref(link: string): string | null {
  try {
    const url = new URL(link)
    return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null
  } catch {
    return null
  }
}
