/* The theme draws its icons with the Font Awesome web font; this file stands in for the
   theme's 1.4 MB script of the same name, which would draw them a second time. */
