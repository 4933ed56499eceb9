/** Colleagues called by `@name` in a note. Pure. */

interface Named {
  id: string
  display_name: string
}

/** Their ids; the longest name wins where one name begins another. */
export function mentioned(text: string, staff: readonly Named[]): string[] {
  const longestFirst = [...staff].sort((a, b) => b.display_name.length - a.display_name.length)
  const found = new Set<string>()
  for (const place of text.matchAll(/@/g)) {
    const rest = text.slice(place.index + 1)
    const one = longestFirst.find(({ display_name: name }) => name !== '' && rest.startsWith(name))
    if (one) found.add(one.id)
  }
  return [...found]
}
