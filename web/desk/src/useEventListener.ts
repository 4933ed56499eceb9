import { onBeforeUnmount, onMounted } from 'vue'

/** Listens as long as the component is mounted. */
export function useEventListener<K extends keyof WindowEventMap>(
  target: Window,
  name: K,
  listener: (event: WindowEventMap[K]) => void,
): void {
  onMounted(() => target.addEventListener(name, listener))
  onBeforeUnmount(() => target.removeEventListener(name, listener))
}
