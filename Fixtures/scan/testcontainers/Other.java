class Other { Container c = new ShippingContainer("blue:1"); }
