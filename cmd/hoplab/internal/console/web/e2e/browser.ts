// Chromium, and what every page must keep.

import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";

const path = process.env.CHROMIUM ?? "/usr/bin/chromium";
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How long anything may take on a machine that has much else to do, in ms. */
const patience = 90_000;

export interface View {
  width?: number;
  height?: number;
  colours?: "light" | "dark";
}

/** A browser for the tests of a file. */
export function useBrowser(): { open: (url: string, view?: View) => Promise<Tab> } {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: path, args: flags });
  });
  afterAll(() => browser?.close());
  return {
    open: async (url, view = {}) => {
      const context = await browser.newContext({
        viewport: { width: view.width ?? 1280, height: view.height ?? 900 },
        colorScheme: view.colours ?? "light",
        deviceScaleFactor: 1,
      });
      context.setDefaultTimeout(patience);
      const page = await context.newPage();
      const tab = new Tab(page);
      await page.goto(url);
      return tab;
    },
  };
}

/** A page, and what went wrong on it. */
export class Tab {
  /** Errors of scripts, refusals of the content security policy, requests to elsewhere. */
  readonly troubles: string[] = [];

  constructor(readonly page: Page) {
    page.on("pageerror", (error) => this.troubles.push(`script: ${error.message}`));
    page.on("console", (message) => {
      // The browser tells of every status from 400 on; the page shows those itself.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
        this.troubles.push(`console: ${message.text()}`);
      }
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      const here = new URL(page.url() === "about:blank" ? request.url() : page.url());
      if (url.protocol !== "data:" && url.protocol !== "blob:" && url.host !== here.host) {
        this.troubles.push(`request to elsewhere: ${request.url()}`);
      }
    });
  }

  /** Waits until a function of the page's own is true. */
  async until(what: string, is: () => Promise<boolean>, within = patience): Promise<void> {
    const deadline = Date.now() + within;
    while (!(await is())) {
      if (Date.now() > deadline) throw new Error(`${what}: not within ${within / 1000} s at ${this.page.url()}`);
      await this.page.waitForTimeout(100);
    }
  }

  /** Closes the tab and fails if anything went wrong on it. */
  async close(): Promise<void> {
    await this.page.context().close();
    expect(this.troubles).toEqual([]);
  }
}
