import { createRouter, createWebHashHistory } from 'vue-router'
import { useSession } from '@/stores/session'

export const router = createRouter({
  history: createWebHashHistory('/desk/'),
  routes: [
    { path: '/sign-in', name: 'sign-in', component: () => import('@/pages/SignInPage.vue') },
    { path: '/', name: 'desk', component: () => import('@/pages/DeskPage.vue') },
    { path: '/c/:id', name: 'conversation', component: () => import('@/pages/DeskPage.vue') },
    { path: '/cases', name: 'cases', component: () => import('@/pages/CaseSearchPage.vue') },
    { path: '/staff', name: 'staff', component: () => import('@/pages/StaffPage.vue') },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})

router.beforeEach(async (to) => {
  const session = useSession()
  await session.restore()
  if (to.name === 'sign-in') return session.staff ? { name: 'desk' } : true
  if (!session.staff) return { name: 'sign-in', query: { next: to.fullPath } }
  const forDesk = to.name === 'desk' || to.name === 'conversation'
  return forDesk && !session.atDesk ? { name: 'cases' } : true
})
